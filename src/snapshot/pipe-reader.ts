/** The entry of a thread that reads a pipe (see pipe-thread.ts). Ends when the pipe does. */
import { readSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { parentPort, workerData } from 'node:worker_threads';
import { PIECE_BYTES, PieceRing } from './piece-ring.js';
import type { PipeReaderData } from './pipe-thread.js';
import { ReadingPace } from './reading-pace.js';
import { yieldToGuest } from './yield-to-guest.js';

/**
 * Pieces that are read as fast as they come: what a guest has in hand when its memory begins to be taken. Where the guest
 * doesn't wait for QEMU, all: it may be QEMU's last look, for which the guest stands still.
 */
const FREELY = 384;
/** How long a pipe that was emptied is left alone: QEMU writes page by page. */
const MOMENT_MS = 1;
/** Less than this is not worth a sleep. */
const LEAST_SLEEP_MS = 0.2;
/** For room; each piece that is released wakes it before. */
const ROOM_MS = 100;

if (!parentPort) throw new Error('this file is a worker thread');
const port = parentPort;
const { descriptor, ring: shared, guestFirst } = workerData as PipeReaderData;
const ring = new PieceRing(shared);
const pace = new ReadingPace(ring.pieces, guestFirst ? FREELY : ring.pieces);
const clock = new Int32Array(new SharedArrayBuffer(4));
const sleep = (milliseconds: number): void => void Atomics.wait(clock, 0, 0, milliseconds);
// An empty pipe is an exception with a stack, a thousand times a second.
Error.stackTraceLimit = 0;

if (guestFirst) yieldToGuest();
for (;;) {
  const { taken } = ring;
  const piece = ring.free();
  if (piece === undefined) {
    ring.waitForRoom(taken, ROOM_MS);
    continue;
  }
  const length = readNow(piece);
  if (length === 0) break;
  if (length === undefined) {
    sleep(MOMENT_MS);
    continue;
  }
  if (ring.give(piece, length)) port.postMessage('more');
  const delay = pace.delay(performance.now(), ring.read, ring.taken);
  if (delay >= LEAST_SLEEP_MS) sleep(delay);
  else if (length < PIECE_BYTES) sleep(MOMENT_MS);
}
port.postMessage('end');

/** @returns undefined if the pipe is empty, 0 at its end */
function readNow(piece: number): number | undefined {
  try {
    return readSync(descriptor, ring.bytesOf(piece), 0, PIECE_BYTES, null);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EAGAIN' || code === 'EINTR') return undefined;
    throw error;
  }
}
