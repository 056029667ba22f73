import { createReadStream } from 'node:fs';
import { chown, mkdir, open, rm, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  CommandFailure,
  type EventListener,
  type Migration,
  type QmpClient,
  TimeoutError,
} from '../qmp/index.js';
import { STALLED_MS } from './memory-operation.js';
import { RelaunchError } from './relaunch-process.js';

/** QEMU's own first bytes: QEVM (QEMU_VM_FILE_MAGIC in migration/savevm.c). */
const STREAM_MAGIC = 0x5145564d;
const CHUNK = 1 << 20;
const LOOK_MS = 100;

export interface LoadOptions {
  /** Folder for the socket, to be made and removed; its path is short enough for a socket's. */
  readonly folder: string;
  /** How long the stream is that the file begins with, in bytes; all of it, if left out. */
  readonly length?: number;
  /** Whom QEMU runs as, if that is not us. */
  readonly owner: { readonly uid: number; readonly gid: number } | null;
  readonly signal: AbortSignal;
  /** Bytes read so far, and in all. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Whether a file begins with a migration stream. */
export async function holdsStream(file: string): Promise<boolean> {
  const handle = await open(file, 'r');
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(4), 0, 4, 0);
    return bytesRead === 4 && buffer.readUInt32BE(0) === STREAM_MAGIC;
  } finally {
    await handle.close();
  }
}

/**
 * Has a QEMU that waits for a migration load memory from a file, which we read and hand it over a socket: QEMU itself
 * may not be allowed to read it. The guest stands still afterwards.
 * @throws RelaunchError it can't be loaded.
 */
export async function loadMemory(qmp: QmpClient, file: string, options: LoadOptions): Promise<void> {
  const length = options.length ?? (await stat(file)).size;
  const read = (): Readable => createReadStream(file, { end: length - 1, highWaterMark: CHUNK });
  await loadStream(qmp, read, length, options);
}

/** The same from any stream. @param read called once QEMU listens. @param total its length in bytes. */
export async function loadStream(
  qmp: QmpClient,
  read: () => Readable,
  total: number,
  { folder, owner, signal, onProgress }: Omit<LoadOptions, 'length'>,
): Promise<void> {
  await mkdir(folder, { mode: 0o700 });
  const path = join(folder, 'memory');
  const events = qmp.listen({ events: ['MIGRATION'] });
  let done = 0;
  try {
    if (owner && process.getuid?.() === 0) await chown(folder, owner.uid, owner.gid);
    await setEvents(qmp, true);
    await qmp.execute('migrate-incoming', { uri: `unix:${path}` }, { signal });
    const count = new Transform({
      highWaterMark: CHUNK,
      transform(chunk: Buffer, _, next) {
        done += chunk.length;
        onProgress?.(done, total);
        next(null, chunk);
      },
    });
    const feeding = new AbortController();
    const fed = pipeline(read(), count, connect(path), {
      signal: AbortSignal.any([signal, feeding.signal]),
    }).catch((error: NodeJS.ErrnoException) => error);
    try {
      const migration = await untilLoaded(qmp, events, () => done, signal);
      if (migration.status !== 'completed') throw cannotLoad(migration['error-desc']);
    } finally {
      // QEMU closes its end when it has what it wants: a stream may end with something that it doesn't read.
      feeding.abort();
      await fed;
    }
  } catch (error) {
    if (error instanceof CommandFailure) throw cannotLoad(error.description);
    throw error;
  } finally {
    events.close();
    // As any other QEMU that was started has it.
    await setEvents(qmp, false).catch(() => undefined);
    await rm(folder, { recursive: true, force: true });
  }
}

const setEvents = (qmp: QmpClient, state: boolean): Promise<unknown> =>
  qmp.execute('migrate-set-capabilities', { capabilities: [{ capability: 'events', state }] });

const cannotLoad = (why: string | undefined): RelaunchError =>
  new RelaunchError(`the memory image cannot be loaded${why ? `: ${why}` : ''}`);

async function untilLoaded(
  qmp: QmpClient,
  events: EventListener<'MIGRATION'>,
  progress: () => number,
  signal: AbortSignal,
): Promise<Migration> {
  let last = -1;
  let lastChange = performance.now();
  for (;;) {
    const migration = await qmp.execute('query-migrate', undefined, { signal });
    if (['completed', 'failed', 'cancelled'].includes(migration.status ?? '')) return migration;
    const now = progress();
    if (now !== last) {
      last = now;
      lastChange = performance.now();
    } else if (performance.now() - lastChange > STALLED_MS) {
      throw new TimeoutError(`loading memory has stood still for ${STALLED_MS} ms`, STALLED_MS);
    }
    await events.next({ timeout: LOOK_MS, signal }).catch((error: unknown) => {
      if (!(error instanceof TimeoutError)) throw error;
    });
  }
}
