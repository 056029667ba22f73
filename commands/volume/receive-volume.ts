import type { FileHandle } from 'node:fs/promises';
import type { Stream } from '../../src/hypervisor/index.js';
import type { Context } from '../../src/shell/index.js';
import { CHUNK, checkInterrupt } from './transfer.js';

/**
 * Writes all that comes on a stream to a file, piece by piece.
 * @param sparse holes stay holes, where the file can have them.
 * @returns how many bytes the file has then, holes included.
 */
export async function receiveVolume(
  context: Context,
  stream: Stream,
  file: FileHandle,
  sparse: boolean,
): Promise<bigint> {
  const regular = (await file.stat()).isFile();
  let position = 0n;
  for (;;) {
    checkInterrupt(context);
    const piece = sparse ? await stream.recvSparse(CHUNK) : await stream.recv(CHUNK);
    if (piece === null) continue;
    if (typeof piece === 'bigint') {
      if (!regular) await writeZeroes(file, position, piece);
      position += piece;
    } else if (piece.length === 0) break;
    else {
      await writeAll(file, piece, position);
      position += BigInt(piece.length);
    }
  }
  // A hole at the end is only there once the file is as long.
  if (regular) await file.truncate(Number(position));
  return position;
}

async function writeAll(file: FileHandle, data: Uint8Array, position: bigint): Promise<void> {
  for (let done = 0; done < data.length; ) {
    const { bytesWritten } = await file.write(data, done, data.length - done, Number(position) + done);
    done += bytesWritten;
  }
}

async function writeZeroes(file: FileHandle, position: bigint, length: bigint): Promise<void> {
  const zeroes = new Uint8Array(CHUNK);
  for (let done = 0n; done < length; done += BigInt(CHUNK)) {
    const left = length - done;
    const piece = left < BigInt(CHUNK) ? zeroes.subarray(0, Number(left)) : zeroes;
    await writeAll(file, piece, position + done);
  }
}
