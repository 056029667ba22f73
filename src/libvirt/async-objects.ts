import { Connection } from './connection.js';
import { Domain } from './domain.js';
import { DomainCheckpoint } from './domain-checkpoint.js';
import { DomainSnapshot } from './domain-snapshot.js';
import { Handle } from './handle.js';
import { HostInterface } from './host-interface.js';
import { Network, NetworkPort } from './network.js';
import { NodeDevice } from './node-device.js';
import { NWFilter, NWFilterBinding } from './nwfilter.js';
import { Secret } from './secret.js';
import { StoragePool } from './storage-pool.js';
import { StorageVolume } from './storage-volume.js';
import { Stream } from './stream.js';

/** The classes whose objects can be reached from another thread, by the name they cross under. */
export const OBJECT_CLASSES = {
  Connection,
  Domain,
  DomainSnapshot,
  DomainCheckpoint,
  StoragePool,
  StorageVolume,
  Network,
  NetworkPort,
  HostInterface,
  NodeDevice,
  Secret,
  NWFilter,
  NWFilterBinding,
  Stream,
} as const;

export type ObjectKind = keyof typeof OBJECT_CLASSES;

/** Stands for an object while its description crosses between threads. */
export interface ObjectReference {
  $object: number;
  kind: ObjectKind;
  about: Record<string, string>;
}

/** The object number of the connection itself. */
export const CONNECTION_OBJECT = 0;

type LocalOnly = 'pointer' | 'freed' | 'describe';

/** What a synchronous result becomes: objects turn into their asynchronous form, all else stays as it is. */
export type AsyncValue<T> = T extends Handle
  ? Async<T>
  : T extends Uint8Array
    ? T
    : T extends readonly (infer Item)[]
      ? AsyncValue<Item>[]
      : T extends object
        ? { [Key in keyof T]: AsyncValue<T[Key]> }
        : T;

type AsyncArguments<T extends readonly unknown[]> = { [Index in keyof T]: AsyncArgument<T[Index]> };

type AsyncArgument<T> = T extends Handle
  ? Async<T>
  : T extends Uint8Array
    ? T
    : T extends readonly (infer Item)[]
      ? readonly AsyncArgument<Item>[]
      : T;

/** The asynchronous form of a class: the same method names, each giving a promise; the same read-once fields. */
export type Async<T extends Handle> = {
  [Key in Exclude<keyof T, LocalOnly>]: T[Key] extends (...args: infer Arguments) => infer Result
    ? (...args: AsyncArguments<Arguments>) => Promise<AsyncValue<Result>>
    : T[Key];
};

export type AsyncConnection = Async<Connection>;
export type AsyncDomain = Async<Domain>;
export type AsyncDomainSnapshot = Async<DomainSnapshot>;
export type AsyncDomainCheckpoint = Async<DomainCheckpoint>;
export type AsyncStoragePool = Async<StoragePool>;
export type AsyncStorageVolume = Async<StorageVolume>;
export type AsyncNetwork = Async<Network>;
export type AsyncNetworkPort = Async<NetworkPort>;
export type AsyncHostInterface = Async<HostInterface>;
export type AsyncNodeDevice = Async<NodeDevice>;
export type AsyncSecret = Async<Secret>;
export type AsyncNWFilter = Async<NWFilter>;
export type AsyncNWFilterBinding = Async<NWFilterBinding>;
export type AsyncStream = Async<Stream>;

/** Carries a call to where the object lives. Values are encoded as described by ObjectReference. */
export interface Transport {
  call(object: number, method: string, args: unknown[]): Promise<unknown>;
}

const NUMBER = Symbol('object number');
const TRANSPORT = Symbol('transport');

class AsyncObject {
  declare readonly [NUMBER]: number;
  declare readonly [TRANSPORT]: Transport;

  constructor(transport: Transport, reference: ObjectReference) {
    // Not enumerable: the object prints and compares as what it stands for.
    Object.defineProperty(this, NUMBER, { value: reference.$object });
    Object.defineProperty(this, TRANSPORT, { value: transport });
    Object.assign(this, reference.about);
  }
}

/** Names of the methods that can be called from another thread. */
export function methodNames(kind: ObjectKind): string[] {
  const names = new Set<string>();
  let prototype: object = OBJECT_CLASSES[kind].prototype;
  for (; prototype !== Object.prototype; prototype = Object.getPrototypeOf(prototype)) {
    for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
      if (typeof property.value === 'function') names.add(name);
    }
  }
  for (const local of ['constructor', 'describe', 'unreference']) names.delete(local);
  return [...names];
}

const asyncClasses = new Map<ObjectKind, typeof AsyncObject>();

function asyncClass(kind: ObjectKind): typeof AsyncObject {
  let made = asyncClasses.get(kind);
  if (!made) {
    made = class extends AsyncObject {};
    Object.defineProperty(made, 'name', { value: kind });
    for (const name of methodNames(kind)) {
      Object.defineProperty(made.prototype, name, {
        configurable: true,
        writable: true,
        value: async function call(this: AsyncObject, ...args: unknown[]): Promise<unknown> {
          const transport = this[TRANSPORT];
          const result = await transport.call(
            this[NUMBER],
            name,
            args.map((each) => encode(each, transport)),
          );
          return decodeResult(result, transport);
        },
      });
    }
    asyncClasses.set(kind, made);
  }
  return made;
}

/** The asynchronous object a reference stands for. */
export function makeAsyncObject(transport: Transport, reference: ObjectReference): unknown {
  return new (asyncClass(reference.kind))(transport, reference);
}

/** The connection at the far end of a transport. */
export function makeAsyncConnection(transport: Transport): AsyncConnection {
  return makeAsyncObject(transport, {
    $object: CONNECTION_OBJECT,
    kind: 'Connection',
    about: {},
  }) as AsyncConnection;
}

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !ArrayBuffer.isView(value);

const isReference = (value: Record<string, unknown>): boolean => typeof value.$object === 'number';

function encode(value: unknown, transport: Transport): unknown {
  if (value instanceof AsyncObject) {
    if (value[TRANSPORT] !== transport) throw new TypeError('the object belongs to another connection');
    return { $object: value[NUMBER] };
  }
  return Array.isArray(value) ? value.map((each) => encode(each, transport)) : value;
}

function decodeResult(value: unknown, transport: Transport): unknown {
  if (Array.isArray(value)) return value.map((each) => decodeResult(each, transport));
  if (!isPlain(value)) return value;
  if (isReference(value)) return makeAsyncObject(transport, value as unknown as ObjectReference);
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, decodeResult(each, transport)]),
  );
}

/** Replaces the objects in a result by references that `keep` makes. */
export function encodeResult(value: unknown, keep: (object: Handle) => ObjectReference): unknown {
  if (value instanceof Handle) return keep(value);
  if (Array.isArray(value)) return value.map((each) => encodeResult(each, keep));
  if (!isPlain(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, encodeResult(each, keep)]));
}

/** Replaces references in an argument by the objects that `find` gives. */
export function decodeArgument(value: unknown, find: (object: number) => Handle): unknown {
  if (Array.isArray(value)) return value.map((each) => decodeArgument(each, find));
  if (isPlain(value) && isReference(value)) return find(value.$object as number);
  return value;
}
