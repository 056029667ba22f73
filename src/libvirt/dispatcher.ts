import {
  CONNECTION_OBJECT,
  decodeArgument,
  encodeResult,
  methodNames,
  OBJECT_CLASSES,
  type ObjectKind,
  type ObjectReference,
} from './async-objects.js';
import { Connection, type ConnectionOptions } from './connection.js';
import { Domain } from './domain.js';
import { DomainCheckpoint } from './domain-checkpoint.js';
import { DomainSnapshot } from './domain-snapshot.js';
import { ConnectionLostError, LibvirtError } from './error.js';
import type { Handle } from './handle.js';

/** How a dispatcher opens its connection, and opens it again. */
export interface DispatcherOptions extends ConnectionOptions {
  /** Needs a pumped event loop. */
  keepalive?: { interval: number; count: number } | undefined;
}

interface Kept {
  object: Handle;
  /** The connection it came from. */
  connection: Connection;
}

/**
 * One thread's connection and the objects handed out from it, called by number and method name. A connection found
 * dead before a call is opened again; a call that found it dead itself is not repeated.
 */
export class Dispatcher {
  #connection: Connection | null = null;
  readonly #kept = new Map<number, Kept>();
  #next = CONNECTION_OBJECT + 1;

  constructor(private readonly options: DispatcherOptions) {}

  /** Opens the connection, so that its failure shows now rather than at the first call. */
  open(): void {
    this.#alive();
  }

  /**
   * @returns the result with objects replaced by references.
   * @throws LibvirtError; ConnectionLostError if the connection died under the call.
   */
  invoke(number: number, method: string, args: unknown[]): unknown {
    const connection = this.#alive();
    if (method === 'free') return this.#free(number);
    const target = number === CONNECTION_OBJECT ? connection : this.#find(number, connection);
    if (!callable(target, method)) throw new TypeError(`${kindOf(target)} has no method ${method}`);
    try {
      const call = (target as unknown as Record<string, (...args: unknown[]) => unknown>)[method];
      const result = call?.apply(
        target,
        args.map((each) => decodeArgument(each, (other) => this.#find(other, connection))),
      );
      return encodeResult(result, (object) => this.#keep(object, connection));
    } catch (error) {
      if (error instanceof LibvirtError && !isAlive(connection)) throw new ConnectionLostError(error.fields);
      throw error;
    }
  }

  /** Frees every object handed out. */
  release(): void {
    for (const { object } of this.#kept.values()) object.free();
    this.#kept.clear();
  }

  close(): void {
    this.release();
    this.#connection?.close();
    this.#connection = null;
  }

  #alive(): Connection {
    if (this.#connection && !isAlive(this.#connection)) {
      this.#connection.close();
      this.#connection = null;
    }
    if (!this.#connection) {
      this.#connection = Connection.open(this.options);
      startKeepalive(this.#connection, this.options.keepalive);
    }
    return this.#connection;
  }

  #keep(object: Handle, connection: Connection): ObjectReference {
    const number = this.#next;
    this.#next += 1;
    this.#kept.set(number, { object, connection });
    return { $object: number, kind: kindOf(object), about: object.describe() };
  }

  #free(number: number): void {
    this.#kept.get(number)?.object.free();
    this.#kept.delete(number);
  }

  #find(number: number, connection: Connection): Handle {
    const kept = this.#kept.get(number);
    if (!kept) throw new TypeError('the object is used after it was freed');
    if (kept.connection !== connection) {
      // It came from a connection that has died since; what it stands for is looked up again by name.
      const found = findAgain(kept.object, connection);
      kept.object.free();
      this.#kept.set(number, { object: found, connection });
      return found;
    }
    return kept.object;
  }
}

/** Starts keepalive where the far side has it. Whoever depends on it calls setKeepAlive and sees the refusal. */
export function startKeepalive(connection: Connection, keepalive: DispatcherOptions['keepalive']): void {
  if (!keepalive || keepalive.interval <= 0) return;
  try {
    connection.setKeepAlive(keepalive.interval, keepalive.count);
  } catch (error) {
    if (!(error instanceof LibvirtError)) throw error;
  }
}

function findAgain(object: Handle, connection: Connection): Handle {
  if (object instanceof Domain) return connection.domainLookupByUUIDString(object.uuid);
  if (object instanceof DomainSnapshot || object instanceof DomainCheckpoint) {
    const domain = connection.domainLookupByName(object.domainName);
    try {
      return object instanceof DomainSnapshot
        ? domain.snapshotLookupByName(object.name)
        : domain.checkpointLookupByName(object.name);
    } finally {
      domain.free();
    }
  }
  throw new TypeError(`the ${kindOf(object)} was lost with its connection`);
}

const methods = new Map<ObjectKind, ReadonlySet<string>>();

function callable(target: Handle, method: string): boolean {
  const kind = kindOf(target);
  let names = methods.get(kind);
  if (!names) {
    names = new Set(methodNames(kind));
    methods.set(kind, names);
  }
  return names.has(method);
}

function kindOf(object: Handle): ObjectKind {
  for (const [kind, type] of Object.entries(OBJECT_CLASSES)) {
    if (object instanceof type) return kind as ObjectKind;
  }
  throw new TypeError('not an object that can cross threads');
}

function isAlive(connection: Connection): boolean {
  try {
    return connection.isAlive();
  } catch {
    // Drivers that can't tell say so with an error; they have no connection to lose.
    return true;
  }
}
