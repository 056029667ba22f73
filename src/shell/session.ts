import {
  VIR_ERR_INVALID_CONN,
  VIR_ERR_NO_CONNECT,
  VIR_ERR_RPC,
  VIR_ERR_SYSTEM_ERROR,
  VIR_FROM_REMOTE,
} from '../hypervisor/constants.js';
import { type Connection, HypervisorError } from '../hypervisor/index.js';
import { CommandError, orFail } from './errors.js';
import type { Output } from './output.js';

export interface ConnectOptions {
  readonly readonly: boolean;
}

/** Opens a URI; undefined leaves the choice to the hypervisor library. */
export type Opener = (uri: string | undefined, options: ConnectOptions) => Promise<Connection>;

/** What happens to a session, for whoever shows it. */
export type SessionEvent =
  | { readonly event: 'connected'; readonly connection: Connection }
  /** Left, or, if `lost`, found dead; the next command opens another one. */
  | { readonly event: 'disconnected'; readonly lost: boolean }
  /** `domain` as the user named it, of a command that is about one. `long`: it may run a job on it. */
  | {
      readonly event: 'command-began';
      readonly command: string;
      readonly domain: string | undefined;
      readonly long: boolean;
    }
  | {
      readonly event: 'command-ended';
      readonly command: string;
      readonly domain: string | undefined;
      readonly succeeded: boolean;
    };

/**
 * The connection that commands run on, opened when first needed and reopened when it was lost. What a lost
 * connection was doing is never repeated.
 */
export class Session {
  readonly #open: Opener;
  #output: Output;
  #connection: Connection | undefined;
  #opening: Promise<Connection> | undefined;
  #lost = false;
  readonly #watchers = new Set<(event: SessionEvent) => void>();
  uri: string | undefined;
  readonly: boolean;
  /** `quit` or `exit` was run. */
  ended = false;

  constructor(open: Opener, output: Output, uri: string | undefined, readonly: boolean) {
    this.#open = open;
    this.#output = output;
    this.uri = uri;
    this.readonly = readonly;
  }

  /** Where it says that it has reconnected. */
  say(output: Output): void {
    this.#output = output;
  }

  /** What asks for a line; it tells, as virsh's does, whether anything can be changed. */
  get prompt(): string {
    return this.readonly ? 'snapctl > ' : 'snapctl # ';
  }

  get connected(): boolean {
    return this.#connection !== undefined;
  }

  /** The connection, opened or reopened if need be. @throws CommandError it can't be opened. */
  async connection(): Promise<Connection> {
    if (this.#connection && !this.#lost) return this.#connection;
    this.#opening ??= this.#reconnect(this.uri, this.readonly, false).finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  /** Calls `listener` with what happens from now on. @returns what ends that. */
  watch(listener: (event: SessionEvent) => void): () => void {
    this.#watchers.add(listener);
    return () => this.#watchers.delete(listener);
  }

  /** Tells whoever watches. */
  announce(event: SessionEvent): void {
    for (const watcher of this.#watchers) watcher(event);
  }

  /**
   * Leaves the present connection for another. Without a URI the present one is opened anew, which stays
   * read-only if it was. @throws CommandError; what was connected to before stays the one to go back to.
   */
  async connect(uri: string | undefined, readonly: boolean): Promise<void> {
    // An opening that is under way would otherwise end after this one, and win.
    await this.#opening?.catch(() => undefined);
    if (uri === undefined) await this.#reconnect(this.uri, readonly || this.readonly, true);
    else await this.#reconnect(uri, readonly, true);
  }

  /** Notes what a failed command tells about the connection. */
  noteFailure(error: unknown): void {
    const cause = error instanceof CommandError ? error.cause : error;
    if (cause instanceof CommandError) this.noteFailure(cause);
    else if (cause instanceof HypervisorError && tellsOfLoss(cause)) {
      this.#lost = true;
      this.announce({ event: 'disconnected', lost: true });
    }
  }

  /** Frees what the last command took from the hypervisor. */
  async release(): Promise<void> {
    if (this.#connection && !this.#lost) await this.#connection.release();
  }

  async close(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    if (connection && !this.#lost) this.announce({ event: 'disconnected', lost: false });
    await connection?.close();
  }

  async #reconnect(uri: string | undefined, readonly: boolean, asked: boolean): Promise<Connection> {
    const hadOne = this.#connection !== undefined;
    const wasLost = this.#lost;
    await this.close().catch(() => undefined);
    const connection = await orFail(
      wasLost ? 'Failed to reconnect to the hypervisor' : 'failed to connect to the hypervisor',
      this.#open(uri, { readonly }),
    );
    this.#connection = connection;
    this.#lost = false;
    if (asked) {
      this.uri = uri;
      this.readonly = readonly;
    } else if (hadOne) {
      this.#output.error('Reconnected to the hypervisor');
    }
    this.announce({ event: 'connected', connection });
    return connection;
  }
}

/** The errors after which virsh, too, takes its connection for lost. */
const tellsOfLoss = ({ code, domain }: HypervisorError): boolean =>
  (code === VIR_ERR_SYSTEM_ERROR && domain === VIR_FROM_REMOTE) ||
  code === VIR_ERR_RPC ||
  code === VIR_ERR_NO_CONNECT ||
  code === VIR_ERR_INVALID_CONN;
