import type { WaitOptions } from '../qmp/waiter.js';
import { expectCount, expectFileSystems, expectInfo, expectString, expectTime } from './answers.js';
import { type Budget, budget, endless } from './budget.js';
import { AgentChannel, type AgentReply } from './channel.js';
import {
  AgentCommandFailure,
  AgentTimeout,
  AgentUnreachable,
  AlreadyFrozen,
  FreezeUnconfirmed,
} from './errors.js';
import { Turns } from './turns.js';

/** GuestFilesystemInfo: a mounted file system, as the guest says. */
export interface GuestFileSystem {
  name: string;
  mountpoint: string;
  type: string;
  /** Bytes; left out by old agents. */
  usedBytes?: number;
  totalBytes?: number;
  /** The devices it is on; empty where the agent cannot tell. */
  disks: { dev?: string; serial?: string; busType?: string; target?: number; unit?: number; bus?: number }[];
}

export interface GuestAgentInfo {
  version: string;
  /** The commands that are allowed now. */
  commands: string[];
}

/** Milliseconds for a command, its wait in line and the synchronization before it included. */
const commandTimeout = 5_000;
/** A freeze writes back all that is dirty first. */
const freezeTimeout = 20_000;
/** Milliseconds for which the agent is taken to be in step after its last answer. */
const trust = 1_000;

/**
 * The QEMU guest agent on its own socket. Commands run one after the other. Each is preceded by a synchronization
 * unless the agent has just answered, so that a command is not given to an agent that is not there: it would carry it
 * out when it comes back. Everything it returns comes from the guest and is checked for its shape only.
 */
export class GuestAgent {
  readonly #channel: AgentChannel;
  readonly #turns = new Turns();
  #answered = Number.NEGATIVE_INFINITY;
  #lateFreeze: Promise<number> | undefined;

  private constructor(channel: AgentChannel) {
    this.#channel = channel;
  }

  /**
   * Connects, and makes sure that somebody answers. 5 s unless told otherwise.
   * @throws AgentUnreachable, AgentTimeout, or the signal's reason
   */
  static async connect(
    path: string,
    { timeout = commandTimeout, signal }: WaitOptions = {},
  ): Promise<GuestAgent> {
    const rest = budget(timeout, signal);
    const agent = new GuestAgent(await AgentChannel.open(path, rest()));
    try {
      await agent.#channel.synchronize(rest());
    } catch (error) {
      agent.#channel.close();
      throw error;
    }
    agent.#answered = performance.now();
    return agent;
  }

  get isOpen(): boolean {
    return this.#channel.isOpen;
  }

  /** While a freeze that timed out is being caught: settles when it is thawed. See FreezeUnconfirmed. */
  get lateFreeze(): Promise<number> | undefined {
    return this.#lateFreeze;
  }

  /**
   * Closes the connection. An unconfirmed freeze is not caught any more then (the thaw that was sent may still
   * arrive): await lateFreeze first, for as long as there is patience.
   */
  close(): void {
    this.#channel.close();
  }

  /** Any command that answers. @throws AgentCommandFailure, AgentTimeout, AgentUnreachable, or the signal's reason */
  async execute(
    command: string,
    args?: Record<string, unknown>,
    options: WaitOptions = {},
  ): Promise<unknown> {
    return (await this.#command(command, args && JSON.stringify(args), options)).value;
  }

  async ping(options?: WaitOptions): Promise<void> {
    await this.#command('guest-ping', undefined, options);
  }

  async info(options?: WaitOptions): Promise<GuestAgentInfo> {
    return expectInfo(await this.#command('guest-info', undefined, options));
  }

  async hostName(options?: WaitOptions): Promise<string> {
    return expectString(await this.#command('guest-get-host-name', undefined, options), 'host-name');
  }

  /** The guest's clock, in nanoseconds since 1970. */
  async time(options?: WaitOptions): Promise<bigint> {
    return expectTime(await this.#command('guest-get-time', undefined, options));
  }

  /** Sets the guest's clock; without a time, from its RTC. */
  async setTime(nanoseconds?: bigint, options?: WaitOptions): Promise<void> {
    // A double has no room for all digits, and JSON.stringify none for a bigint.
    const request = nanoseconds === undefined ? undefined : `{"time":${nanoseconds}}`;
    await this.#command('guest-set-time', request, options);
  }

  async fileSystems(options?: WaitOptions): Promise<GuestFileSystem[]> {
    return expectFileSystems(await this.#command('guest-get-fsinfo', undefined, options));
  }

  /** Discards unused blocks. @param minimum bytes; shorter free ranges are left alone */
  async trim(minimum = 0, options?: WaitOptions): Promise<void> {
    await this.#command('guest-fstrim', JSON.stringify({ minimum }), options);
  }

  /** Whether file systems are frozen by the agent. */
  async isFrozen(options?: WaitOptions): Promise<boolean> {
    return expectString(await this.#command('guest-fsfreeze-status', undefined, options)) === 'frozen';
  }

  /** Thaws what is frozen. @returns how many file systems; 0 if none was frozen */
  async thaw(options?: WaitOptions): Promise<number> {
    return expectCount(await this.#command('guest-fsfreeze-thaw', undefined, options));
  }

  /**
   * Freezes the file systems (all that can be, or those mounted at the given places). 20 s unless told otherwise.
   * The freeze lasts until thaw(), whatever becomes of this connection.
   * @returns how many were frozen
   * @throws AlreadyFrozen; FreezeUnconfirmed once the freeze was sent and not answered in time; before that AgentTimeout,
   *   AgentUnreachable, or the signal's reason
   */
  async freeze(
    mountpoints?: readonly string[],
    { timeout = freezeTimeout, signal }: WaitOptions = {},
  ): Promise<number> {
    const command = mountpoints ? 'guest-fsfreeze-freeze-list' : 'guest-fsfreeze-freeze';
    const rest = budget(timeout, signal);
    const release = await this.#turn(command, rest());
    let caught: Promise<number> | undefined;
    try {
      await this.#synchronizeIfStale(rest());
      signal?.throwIfAborted();
      const request = requestText(command, mountpoints && JSON.stringify({ mountpoints }));
      try {
        return expectCount(this.#heard(await this.#channel.ask(command, request, rest())));
      } catch (error) {
        if (error instanceof AgentCommandFailure) throw await this.#explainRefusal(error, rest());
        if (error instanceof AgentUnreachable) throw error;
        caught = this.#catchLateFreeze();
        throw new FreezeUnconfirmed(`${messageOf(error)}; if it still freezes, it is thawed`, caught, error);
      }
    } finally {
      // Nobody else may talk to the agent until it is thawed.
      if (caught) caught.then(release, release);
      else release();
    }
  }

  /**
   * The thaw is sent at once, without waiting for the freeze to be confirmed: the agent does one after the other, so
   * the guest stands still no longer than it must, even if this process has ended by then.
   */
  #catchLateFreeze(): Promise<number> {
    const command = 'guest-fsfreeze-thaw';
    this.#answered = Number.NEGATIVE_INFINITY;
    const thawed = this.#channel
      .askBehind(command, requestText(command), endless)
      .then((reply) => expectCount(this.#heard(reply)))
      .finally(() => {
        this.#lateFreeze = undefined;
      });
    thawed.catch(() => {});
    this.#lateFreeze = thawed;
    return thawed;
  }

  /** While frozen, the agent knows no freeze command; it knows none either where it is forbidden to the agent. */
  async #explainRefusal(refusal: AgentCommandFailure, wait: Budget): Promise<Error> {
    if (refusal.errorClass !== 'CommandNotFound') return refusal;
    const command = 'guest-fsfreeze-status';
    const status = await this.#channel.ask(command, requestText(command), wait).catch(() => undefined);
    return status?.value === 'frozen'
      ? new AlreadyFrozen('the file systems are frozen already', refusal)
      : refusal;
  }

  /** @param args the arguments as JSON */
  async #command(
    command: string,
    args?: string,
    { timeout = commandTimeout, signal }: WaitOptions = {},
  ): Promise<AgentReply> {
    const rest = budget(timeout, signal);
    const release = await this.#turn(command, rest());
    try {
      await this.#synchronizeIfStale(rest());
      return this.#heard(await this.#channel.ask(command, requestText(command, args), rest()));
    } catch (error) {
      // Any other end of the wait leaves an answer that may still come.
      if (error instanceof AgentCommandFailure) this.#answered = performance.now();
      else this.#answered = Number.NEGATIVE_INFINITY;
      throw error;
    } finally {
      release();
    }
  }

  #turn(command: string, { total, ...wait }: Budget): Promise<() => void> {
    return this.#turns.take(
      wait,
      () =>
        new AgentTimeout(
          `the guest agent was busy with something else for ${total} ms: no ${command}`,
          total,
        ),
    );
  }

  async #synchronizeIfStale(wait: Budget): Promise<void> {
    if (performance.now() - this.#answered < trust) return;
    await this.#channel.synchronize(wait);
    this.#answered = performance.now();
  }

  #heard(reply: AgentReply): AgentReply {
    this.#answered = performance.now();
    return reply;
  }
}

function requestText(command: string, args?: string): string {
  return `{"execute":${JSON.stringify(command)}${args === undefined ? '' : `,"arguments":${args}`}}\n`;
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
