/** The entry of a thread that checks blocks for verifying (see check-pool.ts). */
import { parentPort, workerData } from 'node:worker_threads';
import type { CheckedBlock, CheckerData, CheckTask, CheckVerdict } from './check-protocol.js';
import { ContentHash } from './content-hash.js';
import { CHUNK_HEADER_BYTES, ChunkType, Coding, chunkIsSound, decodeChunkHeader } from './format/chunk.js';
import { PREFIX_BYTES, uncompressPrefixed } from './lz4.js';

if (!parentPort) throw new Error('this file is a worker thread');
const port = parentPort;
const { hashKey, dictionary } = workerData as CheckerData;
const hash = new ContentHash(Buffer.from(hashKey));
const trained = dictionary && Buffer.from(dictionary);

port.on('message', ({ start, bytes, blocks }: CheckTask) => {
  const window = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const verdict: CheckVerdict = Uint8Array.from(blocks, (block) => (isSound(window, start, block) ? 1 : 0));
  port.postMessage(verdict);
});

function isSound(
  window: Buffer,
  start: number,
  { offset, length, plain, hash: wanted }: CheckedBlock,
): boolean {
  const chunk = window.subarray(offset - start, offset - start + CHUNK_HEADER_BYTES + length);
  const payload = chunk.subarray(CHUNK_HEADER_BYTES);
  try {
    const { type, coding, length: said } = decodeChunkHeader(chunk);
    if (type !== ChunkType.BLOCK || said !== length || !chunkIsSound(chunk, payload)) return false;
    // Needs the base.
    if (coding & Coding.PATCH) return false;
    if (!(coding & Coding.LZ4)) return payload.length === plain && hash.of(payload).equals(wanted);
    if (coding & Coding.DICTIONARY && !trained) return false;
    // The checksum stands right before the payload, and has been looked at: the length takes its place, and nothing is copied.
    const prefixed = chunk.subarray(CHUNK_HEADER_BYTES - PREFIX_BYTES);
    const found = uncompressPrefixed(prefixed, plain, coding & Coding.DICTIONARY ? trained : undefined);
    return found !== undefined && hash.of(found).equals(wanted);
  } catch {
    return false;
  }
}
