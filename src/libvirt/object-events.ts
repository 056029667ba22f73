import type { Connection } from './connection.js';
import * as C from './constants.js';
import { makeCallback } from './event-callbacks.js';
import type { Handle } from './handle.js';
import { native } from './library.js';
import { uuidText } from './uuid-text.js';

/** What else than domains has events. */
export type EventObject = 'network' | 'pool' | 'node-device' | 'secret';

interface ObjectEvents {
  /** Parts of the names of libvirt's functions: virConnect…EventRegisterAny. */
  readonly functions: string;
  /** Numbers of the events, by the names that virsh gives them; the first one is the life cycle. */
  readonly names: ReadonlyMap<string, number>;
  /** @param key what tells one of them apart: a network's and a pool's UUID, a device's name, a secret's UUID. */
  readonly find: (connection: Connection, key: string) => Handle;
  /** What an event is told to be about. */
  readonly title: (pointer: bigint) => string;
}

const kinds: Readonly<Record<EventObject, ObjectEvents>> = {
  network: {
    functions: 'Network',
    names: new Map([['lifecycle', C.VIR_NETWORK_EVENT_ID_LIFECYCLE]]),
    find: (connection, key) => connection.networkLookupByUUIDString(key),
    title: (pointer) => native.virNetworkGetName(pointer),
  },
  pool: {
    functions: 'StoragePool',
    names: new Map([
      ['lifecycle', C.VIR_STORAGE_POOL_EVENT_ID_LIFECYCLE],
      ['refresh', C.VIR_STORAGE_POOL_EVENT_ID_REFRESH],
    ]),
    find: (connection, key) => connection.storagePoolLookupByUUIDString(key),
    title: (pointer) => native.virStoragePoolGetName(pointer),
  },
  'node-device': {
    functions: 'NodeDevice',
    names: new Map([
      ['lifecycle', C.VIR_NODE_DEVICE_EVENT_ID_LIFECYCLE],
      ['update', C.VIR_NODE_DEVICE_EVENT_ID_UPDATE],
    ]),
    find: (connection, key) => connection.nodeDeviceLookupByName(key),
    title: (pointer) => native.virNodeDeviceGetName(pointer),
  },
  secret: {
    functions: 'Secret',
    names: new Map([
      ['lifecycle', C.VIR_SECRET_EVENT_ID_LIFECYCLE],
      ['value-changed', C.VIR_SECRET_EVENT_ID_VALUE_CHANGED],
    ]),
    find: (connection, key) => connection.secretLookupByUUIDString(key),
    title: (pointer) => uuidText((buffer) => native.virSecretGetUUIDString(pointer, buffer)),
  },
};

/** A registration with libvirt: `id` is negative if it was refused. */
export interface ObjectRegistration {
  readonly id: number;
  readonly callback: bigint;
  readonly deregister: (connection: bigint, id: number) => void;
}

/**
 * Has libvirt tell of an event, as `{event, object, type?}`; the type is that of a life cycle event.
 * @param key the only one wanted; undefined for all.
 * @throws LibvirtError there is no such one; TypeError for an unknown name.
 */
export function registerObjectEvent(
  connection: Connection,
  object: EventObject,
  name: string,
  key: string | undefined,
  deliver: (event: object) => void,
): ObjectRegistration {
  const { functions, names, find, title } = kinds[object];
  const event = names.get(name);
  if (event === undefined) throw new TypeError(`there is no event ${name}`);
  const lifecycle = name === 'lifecycle';
  const args = ['void *', 'void *', ...(lifecycle ? ['int', 'int'] : []), 'void *'];
  const one = key === undefined ? null : find(connection, key);
  try {
    const callback = makeCallback('void', args, ((_connection: unknown, pointer: bigint, type: number) =>
      deliver({ event: name, object: title(pointer), ...(lifecycle && { type }) })) as (
      ...values: never[]
    ) => void);
    const register = native[`virConnect${functions}EventRegisterAny` as 'virConnectNetworkEventRegisterAny'];
    const id: number = register(connection.pointer, one?.pointer ?? null, event, callback, null, null);
    const deregister =
      native[`virConnect${functions}EventDeregisterAny` as 'virConnectNetworkEventDeregisterAny'];
    return { id, callback, deregister: (pointer, number) => void deregister(pointer, number) };
  } finally {
    one?.free();
  }
}
