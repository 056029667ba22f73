import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { getSystemErrorMap } from 'node:util';
import { errnoWords } from './errno-words.js';
import { helperProgram } from './helper-program.js';
import type { MemoryPipe } from './memory-pipe.js';
import { identifyProcess, type ProcessIdentity } from './process-identity.js';

/** What a sink is to do. */
export interface SinkOrder {
  /** File to create; must not exist. */
  readonly file: string;
  /** Bytes of space to take beforehand, 0 for none. */
  readonly reserve: number;
  /** Where to leave the report. */
  readonly report: string;
  /** Where QEMU is to migrate to if memory comes through a pipe, which is descriptor 3 then; null for a unix socket. */
  readonly pipe: string | null;
  /** Whom QEMU runs as, so that it may connect; null if that is us, or unknown. */
  readonly owner: { readonly uid: number; readonly gid: number } | null;
}

/** How a stream ended. A `failure` is an errno name; then the file is not whole, but all was read. */
export interface SinkReport {
  readonly received: number;
  readonly written: number;
  readonly failure: string | null;
}

/** A report's `failure` in words: `No space left on device`. */
export function describeFailure(failure: string): string {
  for (const [name, text] of getSystemErrorMap().values()) {
    if (name === failure) return text.charAt(0).toUpperCase() + text.slice(1);
  }
  return failure;
}

/** The sink could not be started; the guest has not been touched. */
export class SinkError extends Error {
  override readonly name = 'SinkError';
}

/** A running sink. It ends when the stream does; nothing here can stop it once there is a stream, by design. */
export class Sink {
  readonly order: SinkOrder;
  /** Where QEMU is to migrate to. */
  readonly uri: string;
  readonly process: ProcessIdentity;
  readonly #ended: Promise<void>;

  private constructor(order: SinkOrder, uri: string, process: ProcessIdentity, ended: Promise<void>) {
    this.order = order;
    this.uri = uri;
    this.process = process;
    this.#ended = ended;
  }

  /**
   * @param pipe that memory comes through; none for a unix socket. Closed here.
   * @throws SinkError no space, or the file exists already.
   */
  static async start(
    request: Omit<SinkOrder, 'pipe'>,
    pipe: MemoryPipe | undefined,
    signal: AbortSignal,
  ): Promise<Sink> {
    const order: SinkOrder = { ...request, pipe: pipe?.uri ?? null };
    const child = spawn(process.execPath, [helperProgram('snapshot-sink'), JSON.stringify(order)], {
      detached: true,
      // Its standard input ends when we do, whatever ends us.
      stdio: ['pipe', 'pipe', 'pipe', ...(pipe ? [pipe.readEnd] : [])],
      env: { PATH: process.env.PATH ?? '/usr/bin:/bin' },
    });
    pipe?.close();
    child.stdin?.on('error', () => undefined);
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    const said = await firstLine(child, signal);
    const identity = child.pid === undefined ? undefined : await identifyProcess(child.pid);
    const uri = /^listening (.+)$/.exec(said.line)?.[1];
    if (uri === undefined || !identity) {
      if (said.line === 'full') throw new SinkError(`No space left on device for '${order.file}'`);
      if (said.errors.includes('EEXIST')) throw new SinkError(`file '${order.file}' already exists`);
      throw new SinkError(`cannot write '${order.file}': ${reason(said.errors)}`);
    }
    child.unref();
    (child.stdin as Socket | null)?.unref();
    return new Sink(order, uri, identity, ended);
  }

  /** Waits for the end of the stream. */
  async report(signal: AbortSignal): Promise<SinkReport> {
    const interrupted = once(signal, 'abort');
    await Promise.race([this.#ended, interrupted]);
    signal.throwIfAborted();
    const report = await readSinkReport(this.order.report);
    if (!report) throw new SinkError('the process that receives the memory stream has died');
    return report;
  }
}

/** @returns undefined while the stream has not ended. */
export async function readSinkReport(path: string): Promise<SinkReport | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as SinkReport;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function firstLine(
  child: ChildProcess,
  signal: AbortSignal,
): Promise<{ line: string; errors: string }> {
  let errors = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    errors = (errors + chunk.toString()).slice(-4096);
  });
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  try {
    const line = await Promise.race([
      once(lines, 'line', { signal }).then(([text]) => String(text)),
      // Its last words are all there when its pipes have closed.
      once(child, 'close', { signal }).then(() => ''),
    ]);
    return { line, errors };
  } finally {
    lines.close();
    child.stdout?.destroy();
    child.stderr?.destroy();
  }
}

function reason(errors: string): string {
  const said = /\bError: (?:(E[A-Z]+): )?(.*)/.exec(errors);
  if (!said) return 'the sink did not start';
  return said[1] === undefined ? (said[2] ?? '') : errnoWords(said[1]);
}
