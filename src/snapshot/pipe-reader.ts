/** The entry of a thread that reads a pipe (see pipe-thread.ts). Ends when the pipe does. */
import { readSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import type { PipeReaderData, ReadSlab } from './pipe-thread.js';
import { ReadingPace } from './reading-pace.js';
import { yieldToGuest } from './yield-to-guest.js';

/**
 * What is handed on at once, and read at once. Reading more would not be quicker, and lets QEMU wait longer for the room that
 * it leaves.
 */
const SLAB_BYTES = 256 * 1024;
const READ_BYTES = 64 * 1024;
/** 64 MiB: what comes while the taker is away for a tenth of a second, beside what it has yet to do. */
const SLABS = 256;
/** In reads: all that can be held, and what is read as fast as it comes, the pages that a guest has in hand at first. */
const ROOM = SLABS * (SLAB_BYTES / READ_BYTES);
const FREELY = 384;
/** How long a pipe that was emptied is left alone, because QEMU writes page by page, and a taker who has no room. */
const MOMENT_MS = 1;
/** Less than this is not worth a sleep. */
const LEAST_SLEEP_MS = 0.2;

if (!parentPort) throw new Error('this file is a worker thread');
const port = parentPort;
const { descriptor } = workerData as PipeReaderData;
// Where the guest doesn't wait for QEMU, it may be QEMU's last look that is read, for which the guest stands still.
let pace = new ReadingPace(ROOM, ROOM);
const clock = new Int32Array(new SharedArrayBuffer(4));
const sleep = (milliseconds: number): void => void Atomics.wait(clock, 0, 0, milliseconds);
// An empty pipe is an exception with a stack, a thousand times a second.
Error.stackTraceLimit = 0;

/** Those that came back last are used first: no more of them than are needed at once ever are touched. */
const spare: Uint8Array[] = [];
let slabs = 0;
let slab: Uint8Array | undefined;
let filled = 0;
/** In bytes, ever. */
let bytesRead = 0;
let taken = 0;

port.postMessage('ready');
for (;;) {
  takeBack();
  slab ??= nextSlab();
  if (!slab) {
    sleep(MOMENT_MS);
    continue;
  }
  const wanted = Math.min(READ_BYTES, SLAB_BYTES - filled);
  const length = readNow(slab, wanted);
  if (length === 0) break;
  if (length === undefined) {
    handOn();
    sleep(MOMENT_MS);
    continue;
  }
  filled += length;
  bytesRead += length;
  if (filled === SLAB_BYTES) handOn();
  const delay = pace.delay(performance.now(), bytesRead / READ_BYTES, taken / READ_BYTES);
  if (delay >= LEAST_SLEEP_MS) sleep(delay);
  else if (length < wanted) sleep(MOMENT_MS);
}
handOn();
port.postMessage('end');

/** @returns undefined if the pipe is empty, 0 at its end */
function readNow(into: Uint8Array, wanted: number): number | undefined {
  try {
    return readSync(descriptor, into, filled, wanted, null);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EAGAIN' || code === 'EINTR') return undefined;
    throw error;
  }
}

function handOn(): void {
  if (!slab || filled === 0) return;
  const { buffer } = slab;
  const message: ReadSlab = { buffer: buffer as ArrayBuffer, length: filled };
  port.postMessage(message, [message.buffer]);
  slab = undefined;
  filled = 0;
}

function nextSlab(): Uint8Array | undefined {
  const free = spare.pop();
  if (free || slabs === SLABS) return free;
  slabs++;
  return new Uint8Array(SLAB_BYTES);
}

/** What the taker is done with, or wants. */
function takeBack(): void {
  for (let told = receiveMessageOnPort(port); told; told = receiveMessageOnPort(port)) {
    const message = told.message as ReadSlab | 'guest first';
    if (message === 'guest first') {
      pace = new ReadingPace(ROOM, FREELY);
      yieldToGuest();
      continue;
    }
    spare.push(new Uint8Array(message.buffer));
    taken += message.length;
  }
}
