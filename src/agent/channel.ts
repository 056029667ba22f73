import { randomInt } from 'node:crypto';
import { ConnectError, TimeoutError } from '../qmp/errors.js';
import { LineSocket } from '../qmp/line-socket.js';
import { Waiter } from '../qmp/waiter.js';
import type { Budget } from './budget.js';
import { AgentCommandFailure, AgentNonsense, AgentTimeout, AgentUnreachable } from './errors.js';

/** Cannot occur in JSON: the agent drops what it has read so far when it comes, and we do the same. */
const delimiter = 0xff;

/** An answer, as it came. */
export interface AgentReply {
  value: unknown;
  /** The whole line, for numbers that need all their digits. */
  text: string;
}

interface AwaitedReply {
  kind: 'reply';
  command: string;
  waiter: Waiter<AgentReply>;
}

interface AwaitedSync {
  kind: 'sync';
  id: number;
  waiter: Waiter<void>;
  /** What follows it on the wire. */
  then?: AwaitedReply;
}

/**
 * The agent's byte stream. Answers carry no id that all agents would return, so there is only "the next answer": after
 * anything that may have left one unread, synchronize() first. It is for one user at a time.
 */
export class AgentChannel {
  readonly path: string;
  #socket!: LineSocket;
  #awaited: AwaitedReply | AwaitedSync | undefined;
  #closed: AgentUnreachable | undefined;
  #dropped = 0;

  private constructor(path: string) {
    this.path = path;
  }

  /** @throws AgentUnreachable, AgentTimeout, or the signal's reason */
  static async open(path: string, { total, ...wait }: Budget): Promise<AgentChannel> {
    const channel = new AgentChannel(path);
    try {
      channel.#socket = await LineSocket.connect(
        path,
        { line: (line) => channel.#receive(line), closed: (cause) => channel.#end(cause) },
        wait,
      );
    } catch (error) {
      if (error instanceof ConnectError) throw new AgentUnreachable(`guest agent: ${error.message}`, error);
      if (error instanceof TimeoutError) throw mute(path, total);
      throw error;
    }
    return channel;
  }

  /** How many lines nobody had asked for, or not any more. */
  get dropped(): number {
    return this.#dropped;
  }

  get isOpen(): boolean {
    return this.#closed === undefined;
  }

  /**
   * Brings both ends in step: whatever the agent still had to say is dropped, and what follows answers what is asked
   * from here on.
   * @throws AgentTimeout, AgentUnreachable, or the signal's reason
   */
  async synchronize(wait: Budget): Promise<void> {
    await this.#sendSync(wait);
  }

  /** Asks, and gives the next answer. @throws AgentCommandFailure, AgentNonsense, and what synchronize() throws */
  ask(command: string, request: string, wait: Budget): Promise<AgentReply> {
    const awaited = this.#reply(command, wait);
    this.#expect(awaited);
    if (this.#awaited === awaited) this.#socket.write(request);
    return awaited.waiter.promise;
  }

  /**
   * Asks an agent that is not in step, without waiting until it is: the synchronization and the request leave together,
   * and are carried out behind whatever the agent has been given before.
   * @throws what ask() throws
   */
  async askBehind(command: string, request: string, wait: Budget): Promise<AgentReply> {
    const awaited = this.#reply(command, wait);
    await this.#sendSync(wait, request, awaited);
    return awaited.waiter.promise;
  }

  #reply(command: string, { total, ...wait }: Budget): AwaitedReply {
    const waiter = new Waiter<AgentReply>(wait, () => silent(command, total));
    return { kind: 'reply', command, waiter };
  }

  #sendSync({ total, ...wait }: Budget, more = '', then?: AwaitedReply): Promise<void> {
    const id = randomInt(1, 2 ** 31);
    const waiter = new Waiter<void>(wait, () => mute(this.path, total));
    const awaited: AwaitedSync = { kind: 'sync', id, waiter, ...(then && { then }) };
    this.#expect(awaited);
    if (this.#awaited === awaited) {
      const sync = JSON.stringify({ execute: 'guest-sync-delimited', arguments: { id } });
      this.#socket.write(Buffer.concat([Buffer.of(delimiter), Buffer.from(`${sync}\n${more}`)]));
    }
    return waiter.promise;
  }

  close(): void {
    this.#socket.close();
  }

  #expect(awaited: AwaitedReply | AwaitedSync): void {
    this.#awaited = awaited;
    if (this.#closed) awaited.waiter.reject(this.#closed);
    if (awaited.waiter.settled) this.#awaited = undefined;
  }

  #receive(line: Buffer): void {
    const at = line.lastIndexOf(delimiter);
    const text = line.subarray(at + 1).toString();
    const answer = parseAnswer(text);
    const awaited = this.#awaited;
    if (!answer || !awaited || awaited.waiter.settled) {
      this.#dropped += 1;
      return;
    }
    if (awaited.kind === 'sync') {
      // The agent calls the delimiter a syntax error, and late answers of earlier commands come first: all dropped.
      if (at >= 0 && answer.return === awaited.id) {
        this.#awaited = awaited.then;
        awaited.waiter.resolve();
      } else this.#dropped += 1;
      return;
    }
    this.#awaited = undefined;
    if (answer.error === undefined) awaited.waiter.resolve({ value: answer.return, text });
    else awaited.waiter.reject(failure(awaited.command, answer.error));
  }

  #end(cause: Error | undefined): void {
    this.#closed = new AgentUnreachable(`guest agent: the connection to ${this.path} was closed`, cause);
    const awaited = this.#awaited;
    this.#awaited = undefined;
    awaited?.waiter.reject(this.#closed);
    if (awaited?.kind === 'sync') awaited.then?.waiter.reject(this.#closed);
  }
}

function mute(path: string, ms: number): AgentTimeout {
  return new AgentTimeout(
    `the guest agent did not answer within ${ms} ms on ${path}: it does not run in the guest, it hangs, or another ` +
      'client has its socket',
    ms,
  );
}

function silent(command: string, ms: number): AgentTimeout {
  return new AgentTimeout(`the guest agent did not answer ${command} within ${ms} ms`, ms);
}

interface Answer {
  return?: unknown;
  error?: unknown;
}

/** An object with `return` or `error`; undefined for everything else a guest may send. */
function parseAnswer(text: string): Answer | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof parsed !== 'object' || parsed === null) return undefined;
  return Object.hasOwn(parsed, 'return') || Object.hasOwn(parsed, 'error') ? parsed : undefined;
}

function failure(command: string, error: unknown): Error {
  const { class: errorClass, desc } = (typeof error === 'object' && error !== null ? error : {}) as Record<
    string,
    unknown
  >;
  return typeof errorClass === 'string' && typeof desc === 'string'
    ? new AgentCommandFailure(command, errorClass, desc)
    : new AgentNonsense(`the guest agent failed ${command} without saying why`);
}
