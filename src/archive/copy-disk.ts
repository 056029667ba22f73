import type { DiskWriter } from './contract.js';
import type { NbdClient } from './nbd-client.js';

/** Bytes of one read, and how many reads are under way. Together they are what a disk's copying keeps in memory. */
const PIECE = 1 << 20;
const AHEAD = 8;

/**
 * Copies what an NBD server tells to be data into an archive's disk; what reads as zeroes is passed over unread.
 * @param onProgress told how many of the export's bytes are behind us, those passed over included.
 * @throws NbdError, why the connection was lost, what made the writer fail, or the signal's reason
 */
export async function copyDisk(
  from: NbdClient,
  to: DiskWriter,
  options: { readonly signal?: AbortSignal; readonly onProgress?: (done: number) => void } = {},
): Promise<void> {
  const under: { offset: number; buffer: Buffer; ready: Promise<void> }[] = [];
  const spare: Buffer[] = [];
  const writeOldest = async (): Promise<void> => {
    const piece = under[0];
    if (!piece) return;
    await piece.ready;
    under.shift();
    await to.writeAt(piece.offset, piece.buffer);
    options.onProgress?.(piece.offset + piece.buffer.length);
    if (piece.buffer.length === PIECE) spare.push(piece.buffer);
  };
  try {
    for await (const [offset, length] of pieces(from)) {
      options.signal?.throwIfAborted();
      if (under.length === AHEAD) await writeOldest();
      const buffer =
        length === PIECE ? (spare.pop() ?? Buffer.allocUnsafe(PIECE)) : Buffer.allocUnsafe(length);
      const ready = from.read(offset, buffer);
      // Looked at when it is its turn.
      ready.catch(() => undefined);
      under.push({ offset, buffer, ready });
    }
    while (under.length > 0) {
      options.signal?.throwIfAborted();
      await writeOldest();
    }
  } finally {
    // Nothing may write into a buffer any more when this has returned.
    await Promise.allSettled(under.map(({ ready }) => ready));
  }
  options.onProgress?.(from.size);
  await to.end();
}

/** The parts of an export that hold data, in ascending order, cut where a multiple of PIECE is. */
async function* pieces(from: NbdClient): AsyncGenerator<readonly [offset: number, length: number]> {
  for (let at = 0; at < from.size; ) {
    for (const { length, zero } of await from.extents(at, from.size - at)) {
      const end = at + length;
      if (zero) at = end;
      while (at < end) {
        const next = Math.min(end, (Math.floor(at / PIECE) + 1) * PIECE);
        yield [at, next - at];
        at = next;
      }
    }
  }
}
