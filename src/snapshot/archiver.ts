import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { availableParallelism } from 'node:os';
import { createInterface, type Interface } from 'node:readline';
import type { ArchiveFinish, ArchiveOrder, ArchiverNews, ArchiverReport } from './archive-order.js';
import { helperProgram } from './helper-program.js';
import type { MemoryPipe } from './memory-pipe.js';
import { identifyProcess, type ProcessIdentity } from './process-identity.js';
import { SinkError } from './sink.js';

const START_DEADLINE_MS = 60_000;
/** To remove what it has written, on a disk that may be slow. */
const GIVE_UP_DEADLINE_MS = 30_000;
/**
 * Threads that compress, beside the one that takes memory apart, which keeps up with four of them. More than there are
 * processors for only wait for each other: on two, one thread writes 300 MB/s and four write 270.
 */
const COMPRESSORS = Math.max(1, Math.min(4, availableParallelism() - 1));

/** A process that has been started, and waits to be told what to write. It goes when we do. */
export class LaunchedArchiver {
  readonly #child: ChildProcess;
  readonly #pipe: string | null;

  /**
   * @param file the archive's, for people who look at processes.
   * @param pipe that memory comes through; none for a unix socket. Closed here.
   */
  constructor(file: string, pipe?: MemoryPipe) {
    this.#pipe = pipe?.uri ?? null;
    const words = [helperProgram('snapshot-archiver'), ...(pipe ? ['--pipe'] : []), '--', file];
    this.#child = spawn(process.execPath, words, {
      detached: true,
      // Its standard input ends when we do, whatever ends us.
      stdio: ['pipe', 'pipe', 'pipe', ...(pipe ? [pipe.readEnd] : [])],
      env: { PATH: process.env.PATH ?? '/usr/bin:/bin', UV_THREADPOOL_SIZE: String(COMPRESSORS) },
    });
    pipe?.close();
    this.#child.once('error', () => undefined);
    this.#child.stdin?.on('error', () => undefined);
    this.#child.unref();
  }

  /**
   * @param onNews told a few times a second how far it is.
   * @throws SinkError the file or its base can't be opened; nothing is left of it.
   */
  start(
    order: Omit<ArchiveOrder, 'pipe'>,
    signal: AbortSignal,
    onNews?: (done: number, stored: number) => void,
  ): Promise<Archiver> {
    this.#child.ref();
    return Archiver.of(this.#child, { ...order, pipe: this.#pipe }, signal, onNews);
  }

  /** It is not needed. */
  dismiss(): void {
    this.#child.stdin?.end();
  }
}

/** The process that writes an archive. It ends by itself when the archive is whole or has failed. */
export class Archiver {
  readonly process: ProcessIdentity;
  /** Where QEMU is to migrate to; empty if no memory is to come. */
  readonly uri: string;
  readonly #order: ArchiveOrder;
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;

  private constructor(
    order: ArchiveOrder,
    uri: string,
    process: ProcessIdentity,
    child: ChildProcess,
    ended: Promise<void>,
  ) {
    this.#order = order;
    this.uri = uri;
    this.process = process;
    this.#child = child;
    this.#ended = ended;
  }

  /** For LaunchedArchiver. */
  static async of(
    child: ChildProcess,
    order: ArchiveOrder,
    signal: AbortSignal,
    onNews?: (done: number, stored: number) => void,
  ): Promise<Archiver> {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new SinkError('the process that writes the archive has died');
    child.stdin?.write(`${JSON.stringify(order)}\n`);
    let errors = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      errors = (errors + chunk.toString()).slice(-4096);
    });
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    const uri = await readiness(child, lines, signal).catch((error: unknown) => {
      child.stdin?.end();
      child.kill('SIGTERM');
      throw error;
    });
    const identity = child.pid === undefined ? undefined : await identifyProcess(child.pid);
    if (uri === undefined || !identity) {
      throw new SinkError(
        /\bError: (.*)/.exec(errors)?.[1] ?? 'the process that writes the archive did not start',
      );
    }
    lines.on('line', (line) => {
      const news = readNews(line);
      if (news && 'done' in news) onNews?.(news.done, news.stored);
    });
    child.unref();
    for (const pipe of [child.stdin, child.stdout, child.stderr]) (pipe as Socket | null)?.unref();
    return new Archiver(order, uri, identity, child, ended);
  }

  /** Memory is through, or there is none: what else belongs into the archive. */
  finish(rest: ArchiveFinish): void {
    this.#child.stdin?.write(`${JSON.stringify(rest)}\n`);
  }

  /** Has it remove what it has written; only once no memory comes any more. Waits for its end, and sees to it. */
  async giveUp(): Promise<void> {
    this.#child.kill('SIGTERM');
    this.#child.ref();
    const patience = setTimeout(() => this.#child.kill('SIGKILL'), GIVE_UP_DEADLINE_MS);
    await this.#ended;
    clearTimeout(patience);
  }

  /** Waits for its end. Does not end it: the signal is for those who give up waiting. */
  async report(signal: AbortSignal): Promise<ArchiverReport> {
    signal.throwIfAborted();
    const interrupted = once(signal, 'abort');
    interrupted.catch(() => undefined);
    this.#child.ref();
    try {
      await Promise.race([this.#ended, interrupted]);
    } finally {
      this.#child.unref();
    }
    signal.throwIfAborted();
    try {
      return JSON.parse(await readFile(this.#order.report, 'utf8')) as ArchiverReport;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      throw new SinkError('the process that writes the archive has died');
    }
  }
}

/** @returns where QEMU is to migrate to, or empty; undefined if it ended instead. */
async function readiness(
  child: ChildProcess,
  lines: Interface,
  signal: AbortSignal,
): Promise<string | undefined> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(START_DEADLINE_MS)]);
  const line = await Promise.race([
    once(lines, 'line', { signal: deadline }).then(([text]) => String(text)),
    // Its last words are all there when its pipes have closed.
    once(child, 'close', { signal: deadline }).then(() => ''),
  ]);
  const uri = /^listening (.+)$/.exec(line)?.[1];
  if (uri !== undefined) return uri;
  const news = readNews(line);
  return news && 'ready' in news ? '' : undefined;
}

function readNews(line: string): ArchiverNews | undefined {
  try {
    return JSON.parse(line) as ArchiverNews;
  } catch {
    return undefined;
  }
}
