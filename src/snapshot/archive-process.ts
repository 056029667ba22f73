/**
 * A process of its own that writes an archive: memory as it comes from QEMU, then disks from NBD
 * exports. Like the sink (see sink-process.ts) it outlives its parent while memory comes, and never stops reading: a
 * QEMU before 8.1 hangs its guest if it did. When the archive fails, it drains what still comes.
 *
 * Without its parent an archive can't be completed any more: once no memory comes, it then removes what it has written
 * and goes, and the same at SIGTERM. Started with `--pipe` if its descriptor 3 is one.
 */
import { copyDisk } from '../archive/copy-disk.js';
import { type ArchiveReader, type ArchiveWriter, createArchive, openArchive } from '../archive/index.js';
import { NbdClient } from '../archive/nbd-client.js';
import type {
  ArchiveDiskOrder,
  ArchiveFinish,
  ArchiveOrder,
  ArchiverNews,
  ArchiverReport,
} from './archive-order.js';
import { awaitMemory, PIPE } from './await-memory.js';
import { writeDurably } from './durable-file.js';
import type { MemoryInput } from './memory-input.js';
import { PipeThread } from './pipe-thread.js';
import { receiveMemory } from './receive-memory.js';

/** Memory from a socket that may wait to be compressed; a pipe's thread has as much. */
const MAX_PENDING = 64 * 1024 * 1024;
/** What the archive takes without a copy of it. */
const AT_ONCE = 256 * 1024;
/** A small stream is kept whole: NVRAM has some hundred KiB. */
const MAX_SMALL = 64 * 1024 * 1024;
/**
 * A guest whose memory is taken in the background waits for each page that it wants to change, most of all in the first
 * moments: what it has in hand is saved page by page then, by turns on the processors that LZ4 would keep busy. Its longest
 * silence was 60 ms with LZ4 from the first byte on, and 48 without, where a plain snapshot has 45.
 */
const GUEST_FIRST_MS = 120;
const NEWS_MS = 200;

for (const signal of ['SIGINT', 'SIGHUP', 'SIGPIPE'] as const) process.on(signal, () => undefined);
// The parent may be gone before we say something.
process.stdout.on('error', () => undefined);
process.umask(0o077);

/** Nobody wants the archive any more. Memory that comes is read all the same. */
const unwanted = new AbortController();
process.on('SIGTERM', () => unwanted.abort(new Error('the archive was given up')));

/** It takes as long to start as a process. */
const thread = process.argv.includes('--pipe') ? new PipeThread(PIPE) : undefined;
const orders = orderLines();
const order = await orders.next<ArchiveOrder>();
if (!order) process.exit(1);

let received = 0;
let written = 0;
let diskBytes = 0;
let base: ArchiveReader | undefined;
let writer: ArchiveWriter | undefined;

try {
  await writeDurably(order.report, JSON.stringify(await work(order)));
} catch (error) {
  // Nothing has begun: the last words are the message.
  process.stderr.write(`Error: ${(error as Error).message}\n`, () => process.exit(1));
  await new Promise(() => undefined);
}
process.exit(0);

async function work(order: ArchiveOrder): Promise<ArchiverReport> {
  await begin(order);
  if (unwanted.signal.aborted) return fail(unwanted.signal.reason);
  if (order.memory) {
    const { guestFirst } = order;
    if (guestFirst) thread?.guestFirst();
    const input = await awaitMemory(order, MAX_PENDING, thread && (() => thread));
    if (!input) {
      await writer?.abort();
      process.exit(1);
    }
    const failure = await receive(input, writer as ArchiveWriter, guestFirst);
    if (failure !== undefined) return fail(failure);
  } else {
    say({ ready: true });
  }
  const news = setInterval(tell, NEWS_MS);
  try {
    return await complete(writer as ArchiveWriter);
  } catch (error) {
    return await fail(error);
  } finally {
    clearInterval(news);
    await base?.close().catch(() => undefined);
  }
}

async function begin({ file, base: below, secret, ...options }: ArchiveOrder): Promise<void> {
  if (below !== null) base = await openArchive(below, secret ? { secret } : {});
  writer = await createArchive(file, {
    ...(options.blockSize === null ? {} : { blockSize: options.blockSize }),
    ...(base ? { base } : {}),
    ...(secret ? { encryption: secret } : {}),
    dictionary: options.dictionary,
    comment: options.comment,
  });
}

async function fail(error: unknown): Promise<ArchiverReport> {
  await writer?.abort();
  const { code, message } = error as NodeJS.ErrnoException;
  return { received, written: 0, failure: code ?? message };
}

function say(news: ArchiverNews): void {
  process.stdout.write(`${JSON.stringify(news)}\n`);
}

function tell(): void {
  say({ done: received + diskBytes, stored: writer?.progress.stored ?? 0 });
}

/** @returns what made the archive fail. */
async function receive(input: MemoryInput, to: ArchiveWriter, guestFirst: boolean): Promise<unknown> {
  const memory = to.memory();
  const failure = await receiveMemory(input, {
    count: (bytes) => {
      received += bytes;
    },
    store: async (chunks) => {
      for (let chunk = chunks[0]; chunk; chunk = chunks[0]) {
        unwanted.signal.throwIfAborted();
        for (let at = 0; at < chunk.bytes.length; at += AT_ONCE)
          await memory.append(chunk.bytes.subarray(at, at + AT_ONCE));
        written += chunk.bytes.length;
        chunks.shift();
        chunk.release();
      }
    },
    onlyReadingMs: guestFirst ? GUEST_FIRST_MS : 0,
  });
  return failure ?? (await memory.end().catch((error: unknown) => error));
}

/** What the parent says when memory is through: disks and documents. */
async function complete(to: ArchiveWriter): Promise<ArchiverReport> {
  const finish = await orders.next<ArchiveFinish>();
  if (!finish) throw new Error('the archive was given up');
  // From here on it is only wanted as long as the parent lives.
  void orders.next().then(() => unwanted.abort(new Error('the archive was given up')));
  for (const disk of finish.disks) await readDisk(to, disk);
  for (const [name, text] of Object.entries(finish.bytes ?? {})) {
    const stream = to.bytes(name);
    await stream.append(Buffer.from(text, 'base64'));
    await stream.end();
  }
  for (const [name, text] of Object.entries(finish.documents)) await to.document(name, text);
  unwanted.signal.throwIfAborted();
  const summary = await to.finish();
  return {
    received,
    written,
    failure: null,
    archive: {
      uuid: summary.uuid,
      bytes: summary.bytes,
      dictionary: summary.dictionary,
      streams: summary.streams.map(({ name, size, blocks }) => ({
        name,
        size,
        storedBytes: blocks.storedBytes,
      })),
    },
  };
}

async function readDisk(to: ArchiveWriter, disk: ArchiveDiskOrder): Promise<void> {
  const { signal } = unwanted;
  const client = await NbdClient.connect({ socket: disk.socket, name: disk.export }, signal);
  // What is being read fails at once, rather than when the server has answered.
  const hangUp = (): void => client.close();
  signal.addEventListener('abort', hangUp, { once: true });
  const before = diskBytes;
  try {
    if (disk.small) {
      if (client.size > MAX_SMALL)
        throw new Error(`'${disk.name}' has ${client.size} bytes, which is too much`);
      const whole = Buffer.alloc(client.size);
      await client.read(0, whole);
      const stream = to.bytes(disk.name);
      await stream.append(whole);
      await stream.end();
    } else {
      await copyDisk(client, to.disk(disk.name, client.size), {
        signal,
        onProgress: (done) => {
          diskBytes = before + done;
        },
      });
    }
    diskBytes = before + client.size;
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', hangUp);
    client.close();
  }
}

/** Lines of standard input as JSON; undefined once it has ended, or nothing is wanted any more. */
function orderLines(): { next<T>(): Promise<T | undefined> } {
  let text = '';
  let ended = false;
  let wake: (() => void) | undefined;
  process.stdin.setEncoding('utf8');
  const end = (): void => {
    ended = true;
    wake?.();
  };
  process.stdin.on('data', (chunk: string) => {
    text += chunk;
    wake?.();
  });
  process.stdin.once('end', end);
  process.stdin.once('error', end);
  unwanted.signal.addEventListener('abort', end, { once: true });
  return {
    async next<T>(): Promise<T | undefined> {
      for (;;) {
        const newline = text.indexOf('\n');
        if (newline >= 0) {
          const line = text.slice(0, newline);
          text = text.slice(newline + 1);
          return JSON.parse(line) as T;
        }
        if (ended) return undefined;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}
