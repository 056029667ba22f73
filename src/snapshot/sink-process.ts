/**
 * A process of its own that receives a memory stream from QEMU, through a pipe or on a unix socket, and writes it to a
 * file.
 *
 * QEMU before 8.1 leaves a guest's RAM write-protected for good when the reader of a background snapshot goes
 * away, so this process outlives its parent, ignores the signals of the terminal, and never stops reading: when
 * writing fails it remembers why and drains the rest.
 *
 * Started with one argument, a SinkOrder as JSON. Says `listening` and where QEMU is to migrate to on standard output when it is
 * ready, and leaves a SinkReport behind when the stream has ended. As long as nothing has come it goes, without a trace, when it
 * gets SIGTERM; on a socket also when its standard input has ended, because nobody will connect any more then; and
 * from a pipe that QEMU has closed.
 */
import { execFile } from 'node:child_process';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { EarlySync } from '../archive/early-sync.js';
import { awaitMemory } from './await-memory.js';
import { writeDurably } from './durable-file.js';
import type { MemoryChunk, MemoryInput } from './memory-input.js';
import { receiveMemory } from './receive-memory.js';
import type { SinkOrder, SinkReport } from './sink.js';

/** Memory that may wait to be written, or is being; more than this and QEMU is left to wait. */
const MAX_PENDING = 16 * 1024 * 1024;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGPIPE'] as const) process.on(signal, () => undefined);
// The parent may be gone before we say something.
process.stdout.on('error', () => undefined);

const order = JSON.parse(process.argv[2] ?? '') as SinkOrder;
process.umask(0o077);

const file = await open(order.file, 'wx', 0o600);
await reserve(order.file, order.reserve);
const input = await awaitMemory(order, MAX_PENDING);
if (!input) {
  await file.close();
  await rm(order.file, { force: true });
  process.exit(1);
}
await writeDurably(order.report, JSON.stringify(await receive(input, file)));

/** Takes the space that the image may need, so that a full disk shows before the guest is touched. */
async function reserve(path: string, bytes: number): Promise<void> {
  if (bytes <= 0) return;
  try {
    await promisify(execFile)('fallocate', ['-l', String(bytes), path]);
  } catch (error) {
    const text = String((error as { stderr?: string }).stderr ?? '');
    if (!text.includes('No space left')) return; // A file system or system without fallocate: go on without.
    await rm(path, { force: true });
    process.stdout.write('full\n', () => process.exit(1));
    await new Promise(() => undefined);
  }
}

async function receive(memory: MemoryInput, target: FileHandle): Promise<SinkReport> {
  let written = 0;
  let received = 0;
  const sync = new EarlySync(target);
  let failure = await receiveMemory(memory, {
    count: (bytes) => {
      received += bytes;
    },
    store: async (chunks) => {
      written += await writeAll(target, chunks, written);
      sync.note(written);
    },
  });
  await sync.settled();
  try {
    await target.truncate(written);
    await target.sync();
  } catch (error) {
    failure ??= error;
  }
  await target.close();
  return { received, written, failure: failure === undefined ? null : errnoOrText(failure) };
}

function errnoOrText(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}

/** @returns how many bytes they were. */
async function writeAll(target: FileHandle, chunks: MemoryChunk[], position: number): Promise<number> {
  const batch = chunks.map((chunk) => chunk.bytes);
  const bytes = batch.reduce((sum, { length }) => sum + length, 0);
  const { bytesWritten } = await target.writev(batch, position);
  // A short write means that the disk is nearly full: writing the rest tells the reason.
  if (bytesWritten < bytes) {
    const rest = Buffer.concat(batch).subarray(bytesWritten);
    let done = 0;
    while (done < rest.length) {
      const step = await target.write(rest, done, rest.length - done, position + bytesWritten + done);
      done += step.bytesWritten;
    }
  }
  return bytes;
}
