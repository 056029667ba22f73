import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { QmpClient } from './client.js';
import { passDescriptorSet } from './fd-passing.js';
import type { WaitOptions } from './waiter.js';

export interface ScreenDumpOptions extends WaitOptions {
  /** A portable pixmap (the default), or PNG where QEMU (7.1 and newer) has it built in. */
  format?: 'ppm' | 'png';
  /** Id of the display device; the first one by default. */
  device?: string;
  /** Which of the device's heads. */
  head?: number;
}

/**
 * What a screen shows now. QEMU writes it to a file of ours that has no name any more: it works whoever QEMU runs as and
 * whatever it may open, and nothing is left behind. Destroy the stream if it is not read to its end.
 * @throws as passDescriptor() and execute() do
 */
export async function screenDump(
  client: QmpClient,
  { format, device, head, ...wait }: ScreenDumpOptions = {},
): Promise<Readable> {
  const { reading, writing } = await namelessFile();
  try {
    const set = await passDescriptorSet(client, writing.fd, wait);
    try {
      await client.execute(
        'screendump',
        {
          filename: `/dev/fdset/${set}`,
          ...(format !== undefined && { format }),
          ...(device !== undefined && { device }),
          ...(head !== undefined && { head }),
        },
        wait,
      );
    } finally {
      // Should the connection have broken, the set has gone with it. QEMU forgets to close what it has written PNG to
      // properly: its (empty) set stays listed, the descriptor does not.
      await client.execute('remove-fd', { 'fdset-id': set }).catch(() => undefined);
    }
  } catch (error) {
    await reading.close();
    throw error;
  } finally {
    await writing.close();
  }
  return reading.createReadStream();
}

/** Opened twice, because QEMU takes a descriptor only if it can do no more than is wanted: to write. */
async function namelessFile(): Promise<{ reading: FileHandle; writing: FileHandle }> {
  const path = join(tmpdir(), `snapctl-screen-${randomBytes(12).toString('hex')}`);
  const { O_WRONLY, O_RDONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const writing = await open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    return { reading: await open(path, O_RDONLY | O_NOFOLLOW), writing };
  } catch (error) {
    await writing.close();
    throw error;
  } finally {
    await unlink(path);
  }
}
