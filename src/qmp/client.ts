import { type ArgumentsThen, type Call, type CallOptions, call, type Outcomes } from './call.js';
import {
  CommandFailure,
  ConnectError,
  DisconnectedError,
  ProtocolError,
  QmpError,
  TimeoutError,
} from './errors.js';
import { EventListener, type ListenOptions, type QmpEvent } from './event-listener.js';
import { LineSocket } from './line-socket.js';
import { decodeMessage, excerpt, type Greeting, type ServerMessage } from './message.js';
import type { CommandReturns } from './schema/commands.js';
import { Waiter, type WaitOptions } from './waiter.js';
import { commandText, writtenCommand } from './written-command.js';

/** idle: no connection; running: commands may be given. */
export type ClientState = 'idle' | 'connecting' | 'running' | 'disconnecting';

export interface ConnectOptions extends WaitOptions {
  /** Switch on out-of-band commands where the monitor offers them (the default). */
  oob?: boolean;
  /** Longest line accepted, in bytes; 10,000,000 by default. */
  lineLimit?: number;
}

interface PendingCall {
  command: string;
  waiter: Waiter<{ value: unknown; text: string }>;
}

/** Milliseconds for connecting, greeting and capabilities together. */
const connectTimeout = 5_000;
/** Milliseconds for a command, unless it says otherwise. */
const commandTimeout = 30_000;
/** Commands without an answer, those given up on included: a monitor that hangs is not given more and more. */
const unansweredLimit = 1_000;

/**
 * A client of one QMP monitor on a unix socket. QEMU's commands run one after the other, so any number may be called
 * at once; answers are matched by id. Nothing is retried and nothing reconnects by itself; after the connection
 * ended, connect() may be called again.
 */
export class QmpClient {
  readonly path: string;
  #state: ClientState = 'idle';
  readonly #stateListeners = new Set<(state: ClientState) => void>();
  #socket: LineSocket | undefined;
  #greeting: Greeting | undefined;
  #awaitedGreeting: Waiter<Greeting> | undefined;
  #oob = false;
  #lastId = 0;
  readonly #pending = new Map<number, PendingCall>();
  readonly #listeners = new Set<{ deliver: EventListener['deliver']; fail: EventListener['fail'] }>();
  #closed: Promise<QmpError | undefined> = Promise.resolve(undefined);
  #resolveClosed: (reason: QmpError | undefined) => void = () => {};

  /** @param path of the monitor's unix socket */
  constructor(path: string) {
    this.path = path;
  }

  /** A client that is connected and running. @throws what connect() throws */
  static async connect(path: string, options: ConnectOptions = {}): Promise<QmpClient> {
    const client = new QmpClient(path);
    await client.connect(options);
    return client;
  }

  get state(): ClientState {
    return this.#state;
  }

  /** What the monitor said of itself; undefined while not connected. */
  get greeting(): Greeting | undefined {
    return this.#greeting;
  }

  /** Whether out-of-band commands are switched on. */
  get oob(): boolean {
    return this.#oob;
  }

  /** Resolves when the client is idle: with the reason, or with undefined if it was asked to disconnect. */
  get closed(): Promise<QmpError | undefined> {
    return this.#closed;
  }

  /** The socket beneath, for what only a system call can do; undefined while not connected. */
  get socket(): LineSocket | undefined {
    return this.#socket;
  }

  /** @returns a function that ends the notifications */
  onStateChange(listener: (state: ClientState) => void): () => void {
    this.#stateListeners.add(listener);
    return () => this.#stateListeners.delete(listener);
  }

  /**
   * Connects, reads the greeting and leaves the capabilities negotiation. 5 s for all of it unless told otherwise.
   * @throws ConnectError, ProtocolError, CommandFailure, or the signal's reason
   */
  async connect({
    timeout = connectTimeout,
    signal,
    oob = true,
    lineLimit,
  }: ConnectOptions = {}): Promise<void> {
    if (this.#state !== 'idle') throw new QmpError(`the client of ${this.path} is ${this.#state} already`);
    signal?.throwIfAborted();
    this.#closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    this.#setState('connecting');
    const started = performance.now();
    const rest = () => ({ timeout: timeout - (performance.now() - started), signal });
    const mute = () =>
      new ConnectError(
        `${this.path} gave no greeting within ${timeout} ms: another client holds this monitor (QEMU serves one at a ` +
          'time; libvirt, a management tool or another snapctl may have it), or QEMU hangs',
        this.path,
        'busy',
      );
    const greeting = new Waiter<Greeting>(rest(), mute);
    this.#awaitedGreeting = greeting;
    try {
      const socket = await LineSocket.connect(
        this.path,
        { line: (line) => this.#receive(line), closed: (cause) => this.#tearDown(cause) },
        { ...rest(), ...(lineLimit === undefined ? {} : { limit: lineLimit }) },
      );
      this.#socket = socket;
      // disconnect() may have been called in between.
      if (!this.#is('connecting')) socket.destroy();
      this.#greeting = await greeting.promise;
      const enable = oob && this.#greeting.capabilities.includes('oob') ? ['oob'] : undefined;
      await this.#send([enable ? call('qmp_capabilities', { enable }) : call('qmp_capabilities')], rest())[0]
        ?.promise;
      this.#oob = enable !== undefined;
      if (!this.#is('connecting')) throw new DisconnectedError(`disconnected from ${this.path}`);
    } catch (error) {
      const reason = error instanceof TimeoutError && !(error instanceof ConnectError) ? mute() : error;
      if (this.#socket) {
        this.#socket.destroy(error instanceof Error ? error : undefined);
        await this.#closed;
      } else if (!this.#is('idle')) {
        this.#tearDown(error instanceof Error ? error : undefined);
      }
      throw reason;
    }
    this.#setState('running');
  }

  /**
   * Closes the connection; what was sent is sent. Calls and listeners that still wait get a DisconnectedError.
   * Harmless if there is no connection.
   */
  async disconnect(): Promise<void> {
    if (this.#state === 'idle') return;
    if (this.#state !== 'disconnecting') {
      this.#setState('disconnecting');
      this.#failAll(new DisconnectedError(`disconnected from ${this.path}`));
      this.#socket?.close();
    }
    await this.#closed;
  }

  /**
   * Runs a command. 30 s unless told otherwise.
   * @throws CommandFailure, DisconnectedError, ProtocolError, TimeoutError, or the signal's reason
   */
  async execute<Name extends string>(
    name: Name,
    ...[args, options = {}]: ArgumentsThen<Name, [options?: CallOptions]>
  ): Promise<CommandReturns<Name>> {
    const reply = await this.#sendOne({ execute: name, arguments: args as Record<string, unknown> }, options);
    return reply.value as CommandReturns<Name>;
  }

  /**
   * Runs a command and gives the whole answer as QEMU wrote it, for those who pass it on: numbers beyond 2^53 keep all
   * their digits. The id in it is ours.
   * @throws as execute() does
   */
  async executeForText(
    name: string,
    args?: Record<string, unknown>,
    options: CallOptions = {},
  ): Promise<string> {
    return (await this.#sendOne({ execute: name, ...(args && { arguments: args }) }, options)).text;
  }

  /**
   * Runs a command that somebody has written, as it is: only our id is put into it. What is wrong with it is QEMU's to say.
   * @param json an object, `{"execute": …}` or `{"exec-oob": …}`
   * @returns the whole answer as QEMU wrote it; the id in it is ours
   * @throws QmpError if it is no JSON object; else as execute() does
   */
  async executeText(json: string, options: WaitOptions = {}): Promise<string> {
    return this.executeTextThrough(json, async (socket, bytes) => socket.write(bytes), options);
  }

  /**
   * Sends several commands in one write on the socket, so that nothing of ours (and no turn of our event loop) runs
   * between them. QEMU runs them in order and runs the later ones even if an earlier one failed. Resolves when all have
   * been answered, or given up on.
   * @throws only if nothing was sent: DisconnectedError, or the signal's reason
   */
  async executeTogether<const Calls extends readonly Call[]>(
    calls: Calls,
    options: WaitOptions = {},
  ): Promise<Outcomes<Calls>> {
    options.signal?.throwIfAborted();
    const waiters = this.#send(calls, { timeout: commandTimeout, ...options }, 'running');
    const outcomes = await Promise.allSettled(waiters.map(async (waiter) => (await waiter.promise).value));
    return outcomes as Outcomes<Calls>;
  }

  /** Starts collecting events, from now on; also before connect(). Close it when done. */
  listen<const Name extends string = string>(options: ListenOptions<Name> = {}): EventListener<Name> {
    const listener = new EventListener(options, (closed) => this.#listeners.delete(closed));
    this.#listeners.add(listener);
    return listener;
  }

  /**
   * The next event that fits, from now on: call it before the command that causes the event, await it after. 30 s
   * unless told otherwise.
   * @throws (when awaited) TimeoutError, DisconnectedError, ProtocolError, or the signal's reason
   */
  once<const Name extends string>(
    events: Name | readonly Name[],
    { match, timeout = commandTimeout, signal }: WaitOptions & Pick<ListenOptions<Name>, 'match'> = {},
  ): Promise<QmpEvent<Name>> {
    const names = typeof events === 'string' ? [events] : events;
    const listener = this.listen<Name>({ events: names, ...(match && { match }) });
    const event = listener.next({ timeout, signal }).then((found) => {
      if (found) return found;
      throw new DisconnectedError(`disconnected from ${this.path}`);
    });
    const close = () => listener.close();
    event.then(close, close);
    return event;
  }

  /** The same, sent with whatever `transmit` does; for commands that carry more than bytes. */
  async executeTextThrough(
    json: string,
    transmit: (socket: LineSocket, bytes: Buffer) => Promise<void>,
    options: WaitOptions = {},
  ): Promise<string> {
    options.signal?.throwIfAborted();
    const { name, withId } = writtenCommand(json);
    // What was written before has to be in the kernel: our bytes must not end up in the middle of it.
    await this.#requireSocket('running', name).flushed();
    const socket = this.#requireSocket('running', name);
    const { text, waiter } = this.#expect(name, { timeout: commandTimeout, ...options }, withId);
    try {
      await transmit(socket, Buffer.from(text));
    } catch (error) {
      waiter.reject(error);
      // Half a command may be on its way.
      socket.destroy(error as Error);
    }
    return (await waiter.promise).text;
  }

  async #sendOne(command: Call, { oob = false, ...options }: CallOptions) {
    options.signal?.throwIfAborted();
    if (oob && !this.#oob) throw new QmpError(`${this.path} has no out-of-band commands`);
    const [waiter] = this.#send([command], { timeout: commandTimeout, ...options }, 'running', oob);
    if (!waiter) throw new QmpError('unreachable: nothing was sent');
    return waiter.promise;
  }

  #send(calls: readonly Call[], wait: WaitOptions, state: ClientState = 'connecting', oob = false) {
    const socket = this.#requireSocket(state, calls[0]?.execute);
    if (this.#pending.size + calls.length > unansweredLimit) {
      throw new QmpError(`${this.path} has not answered ${this.#pending.size} commands; it is given no more`);
    }
    const sent = calls.map((each) => this.#register(each, wait, oob));
    socket.write(sent.map(({ text }) => text).join(''));
    return sent.map(({ waiter }) => waiter);
  }

  #requireSocket(state: ClientState, command?: string): LineSocket {
    if (this.#socket && this.#state === state) return this.#socket;
    throw new DisconnectedError(`not connected to ${this.path} (${this.#state})`, command);
  }

  #register(command: Call, wait: WaitOptions, oob = false): { text: string; waiter: PendingCall['waiter'] } {
    return this.#expect(command.execute, wait, (id) => commandText(command, id, oob));
  }

  #expect(
    command: string,
    wait: WaitOptions,
    write: (id: number) => string,
  ): { text: string; waiter: PendingCall['waiter'] } {
    const id = this.#lastId + 1;
    const text = write(id);
    this.#lastId = id;
    const waiter: PendingCall['waiter'] = new Waiter(
      wait,
      (ms) => new TimeoutError(`${this.path} did not answer ${command} within ${ms} ms`, ms, command),
    );
    // Stays until it is answered, even if nobody waits for it any more: its late answer is not a stray one.
    this.#pending.set(id, { command, waiter });
    return { text, waiter };
  }

  #receive(line: Buffer): void {
    const { message, text } = decodeMessage(line);
    switch (message.type) {
      case 'greeting':
        if (!this.#awaitedGreeting || this.#awaitedGreeting.settled) {
          throw new ProtocolError(`${this.path} sent a second greeting`);
        }
        this.#awaitedGreeting.resolve(message.greeting);
        return;
      case 'event':
        for (const listener of this.#listeners) listener.deliver(message.event);
        return;
      default:
        this.#answer(message, text);
    }
  }

  #answer(message: Extract<ServerMessage, { type: 'return' | 'error' }>, text: string): void {
    const pending = typeof message.id === 'number' ? this.#pending.get(message.id) : undefined;
    if (!pending) {
      // QEMU (7.2 and 10.0 seen) gives the answer to a command that a client has left it with, such as snapshot-save,
      // to the next client. It comes before the first answer to that one.
      if (this.#is('connecting')) return;
      throw new ProtocolError(`${this.path} answered a command that was not given: ${excerpt(text)}`);
    }
    this.#pending.delete(message.id as number);
    if (message.type === 'return') pending.waiter.resolve({ value: message.value, text });
    else pending.waiter.reject(new CommandFailure(pending.command, message.errorClass, message.description));
  }

  #tearDown(cause: Error | undefined): void {
    const asked = this.#state === 'disconnecting';
    const reason = cause instanceof QmpError ? cause : this.#lost(cause);
    if (!asked) this.#setState('disconnecting');
    this.#failAll(reason);
    this.#socket = undefined;
    this.#greeting = undefined;
    this.#awaitedGreeting = undefined;
    this.#oob = false;
    this.#setState('idle');
    this.#resolveClosed(asked ? undefined : reason);
  }

  #lost(cause: Error | undefined): QmpError {
    if (this.#awaitedGreeting && !this.#greeting) {
      const text = `${this.path} closed the connection before its greeting${cause ? ` (${cause.message})` : ''}`;
      return new ConnectError(text, this.path, 'closed', cause);
    }
    const text = cause
      ? `the connection to ${this.path} broke: ${cause.message}`
      : `${this.path} closed the connection`;
    return new DisconnectedError(text, undefined, cause);
  }

  #failAll(reason: QmpError): void {
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { command, waiter } of pending) {
      waiter.reject(
        reason instanceof DisconnectedError
          ? new DisconnectedError(`${reason.message}; ${command} was not answered`, command, reason)
          : reason,
      );
    }
    for (const listener of [...this.#listeners]) listener.fail(reason);
    this.#awaitedGreeting?.reject(reason);
  }

  /** The state as it is now: it changes while this class awaits, which narrowing by the compiler overlooks. */
  #is(state: ClientState): boolean {
    return this.#state === state;
  }

  #setState(state: ClientState): void {
    this.#state = state;
    for (const listener of [...this.#stateListeners]) listener(state);
  }
}
