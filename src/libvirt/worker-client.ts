import type { Worker } from 'node:worker_threads';
import { VIR_ERR_ERROR, VIR_ERR_INTERNAL_ERROR, VIR_FROM_NONE } from './constants.js';
import { ConnectionLostError } from './error.js';
import { decodeError } from './error-crossing.js';
import { libc } from './library.js';
import type { WorkerAnswer } from './worker-protocol.js';

/** A thread's number once there is none any more. */
const ENDED = -1;

const clients = new Set<WorkerClient>();

/**
 * At exit Node waits for its threads, and a thread inside a native call doesn't come: process.exit() would hang for
 * as long as the call takes. Output to files, terminals and pipes is synchronous on Linux, so nothing is lost by
 * leaving at once.
 */
function leaveBusyThreads(code: number): void {
  for (const client of clients) client.onExit();
  if ([...clients].some((client) => client.busy)) libc().func('void _exit(int status)')(code);
}

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/**
 * A worker thread and the requests on their way to it. It keeps the process alive only while one is unanswered.
 */
export class WorkerClient {
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  readonly #exited: Promise<void>;
  #next = 1;
  #dead: Error | null = null;

  /**
   * @param worker from startWorker().
   * @param onOther gets every message that is not an answer.
   * @param onExit runs when the process exits: it gets the thread out of a wait of its own.
   */
  constructor(
    worker: Worker,
    private readonly onOther: (message: Exclude<WorkerAnswer, { id: number }>) => void = () => {},
    readonly onExit: () => void = () => {},
  ) {
    if (clients.size === 0) process.on('exit', leaveBusyThreads);
    clients.add(this);
    this.#worker = worker;
    this.#worker.on('message', (answer: WorkerAnswer) => this.#receive(answer));
    this.#worker.on('error', (error: Error) => this.#fail(error));
    this.#exited = new Promise((resolve) => {
      this.#worker.once('exit', () => {
        this.#end();
        resolve();
      });
      if (worker.threadId !== ENDED) return;
      this.#end();
      resolve();
    });
  }

  /** @param afterPost runs once the request is on its way. */
  request(message: object, afterPost: () => void = () => {}): Promise<unknown> {
    if (this.#dead) return Promise.reject(this.#dead);
    const id = this.#next;
    this.#next += 1;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#worker.ref();
      try {
        this.#worker.postMessage({ ...message, id });
      } catch (error) {
        this.#settle(id);
        reject(error as Error);
        return;
      }
      afterPost();
    });
  }

  get busy(): boolean {
    return this.#pending.size > 0;
  }

  /** Resolves when the thread has ended by itself. */
  get exited(): Promise<void> {
    this.#worker.ref();
    return this.#exited;
  }

  #receive(answer: WorkerAnswer): void {
    if (!('id' in answer)) {
      this.onOther(answer);
      return;
    }
    const pending = this.#settle(answer.id);
    if ('error' in answer) pending?.reject(decodeError(answer.error));
    else pending?.resolve(answer.value);
  }

  #settle(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (this.#pending.size === 0) this.#worker.unref();
    return pending;
  }

  #end(): void {
    clients.delete(this);
    if (clients.size === 0) process.off('exit', leaveBusyThreads);
    this.#fail(
      new ConnectionLostError({
        code: VIR_ERR_INTERNAL_ERROR,
        domain: VIR_FROM_NONE,
        level: VIR_ERR_ERROR,
        message: 'the thread of the connection has ended',
        str1: null,
        str2: null,
        str3: null,
        int1: 0,
        int2: 0,
      }),
    );
  }

  #fail(error: Error): void {
    this.#dead ??= error;
    for (const { reject } of this.#pending.values()) reject(this.#dead);
    this.#pending.clear();
  }
}
