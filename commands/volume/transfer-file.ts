import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** Opens the file that a volume goes to, emptying one that is there, as virsh does. @throws SystemError */
export async function openTarget(file: string): Promise<{ handle: FileHandle; created: boolean }> {
  const { O_WRONLY, O_CREAT, O_EXCL, O_TRUNC } = constants;
  try {
    return { handle: await open(file, O_WRONLY | O_CREAT | O_EXCL, 0o666), created: true };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return { handle: await open(file, O_WRONLY | O_TRUNC), created: false };
  }
}
