import { open } from 'node:fs/promises';
import { CommandError } from './errors.js';
import { orFileError } from './system-error.js';

/** virsh's limit for a file that it reads whole (VSH_MAX_XML_FILE). */
export const MAX_XML_FILE = 10 * 1024 * 1024;

/**
 * Reads a text file whole; `/dev/stdin` and other pipes too.
 * @throws CommandError in virsh's words: it can't be opened or read, or is larger than `limit` bytes.
 */
export const readTextFile = async (path: string, limit = MAX_XML_FILE): Promise<string> =>
  (await readBinaryFile(path, limit)).toString('utf8');

/** As `readTextFile`, for what is no text. */
export async function readBinaryFile(path: string, limit: number): Promise<Buffer> {
  const file = await orFileError(`Failed to open file '${path}'`, open(path, 'r'));
  try {
    const chunks: Buffer[] = [];
    let total = 0;
    for (;;) {
      const chunk = Buffer.allocUnsafe(65_536);
      const { bytesRead } = await orFileError(`Failed to read file '${path}'`, file.read(chunk));
      if (bytesRead === 0) return Buffer.concat(chunks);
      total += bytesRead;
      if (total > limit)
        throw new CommandError(`Failed to read file '${path}': Value too large for defined data type`);
      chunks.push(chunk.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}
