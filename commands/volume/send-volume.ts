import type { FileHandle } from 'node:fs/promises';
import type { Stream } from '../../src/hypervisor/index.js';
import type { Context } from '../../src/shell/index.js';
import { CHUNK, checkInterrupt } from './transfer.js';

/**
 * Sends a file on a stream, piece by piece.
 * @param sparse pieces of nothing but zeroes are sent as holes.
 * @returns how many bytes the file has.
 */
export async function sendVolume(
  context: Context,
  stream: Stream,
  file: FileHandle,
  sparse: boolean,
): Promise<bigint> {
  const buffer = Buffer.alloc(CHUNK);
  let total = 0n;
  for (;;) {
    checkInterrupt(context);
    const { bytesRead } = await file.read(buffer, 0, CHUNK, null);
    if (bytesRead === 0) return total;
    total += BigInt(bytesRead);
    const piece = buffer.subarray(0, bytesRead);
    if (sparse && isZero(piece)) await stream.sendHole(BigInt(bytesRead));
    else await sendAll(stream, piece);
  }
}

const isZero = (data: Buffer): boolean => data[0] === 0 && data.subarray(1).equals(data.subarray(0, -1));

async function sendAll(stream: Stream, data: Uint8Array): Promise<void> {
  for (let done = 0; done < data.length; ) done += (await stream.send(data.subarray(done))) ?? 0;
}
