import koffi, { type TypeObject } from 'koffi';
import * as C from './constants.js';
import { native } from './library.js';
import { wide } from './memory.js';
import { readTypedParameters } from './typed-parameters.js';

/** The domain an event is about, as it was when the event happened. `id` is -1 when it doesn't run. */
export interface EventDomain {
  name: string;
  uuid: string;
  id: number;
}

/** How to receive one kind of event: its number, its callback's arguments, and what they mean. */
interface EventKind {
  id: number;
  /** C types between the domain and the opaque pointer. */
  args: string[];
  // biome-ignore lint/suspicious/noExplicitAny: arguments come as koffi converts them
  read: (...args: any[]) => Record<string, unknown>;
}

const address = koffi.struct({ family: 'int', node: 'const char *', service: 'const char *' });
const subject = koffi.struct({ count: 'int', identities: 'void *' });
const identity = koffi.struct({ type: 'const char *', name: 'const char *' });

const readAddress = (pointer: bigint | null) => (pointer === null ? null : koffi.decode(pointer, address));

function readSubject(pointer: bigint | null): { type: string; name: string }[] {
  if (pointer === null) return [];
  const { count, identities } = koffi.decode(pointer, subject);
  return identities === null || count <= 0 ? [] : koffi.decode(identities, identity, count);
}

const reason: Pick<EventKind, 'args' | 'read'> = { args: ['int'], read: (value) => ({ reason: value }) };
const device: Pick<EventKind, 'args' | 'read'> = {
  args: ['const char *'],
  read: (alias) => ({ device: alias }),
};
const blockJob: Pick<EventKind, 'args' | 'read'> = {
  args: ['const char *', 'int', 'int'],
  read: (disk, type, status) => ({ disk, type, status }),
};
const params: Pick<EventKind, 'args' | 'read'> = {
  args: ['void *', 'int'],
  read: (pointer, count) => ({ params: readTypedParameters(pointer, count) }),
};

/** Every event of a domain, by the name virsh gives it. */
export const EVENT_KINDS: Record<string, EventKind> = {
  lifecycle: {
    id: C.VIR_DOMAIN_EVENT_ID_LIFECYCLE,
    args: ['int', 'int'],
    read: (type, detail) => ({ type, detail }),
  },
  reboot: { id: C.VIR_DOMAIN_EVENT_ID_REBOOT, args: [], read: () => ({}) },
  'rtc-change': {
    id: C.VIR_DOMAIN_EVENT_ID_RTC_CHANGE,
    args: ['long long'],
    read: (utcOffset) => ({ utcOffset: wide(utcOffset) }),
  },
  watchdog: { id: C.VIR_DOMAIN_EVENT_ID_WATCHDOG, args: ['int'], read: (action) => ({ action }) },
  'io-error': {
    id: C.VIR_DOMAIN_EVENT_ID_IO_ERROR,
    args: ['const char *', 'const char *', 'int'],
    read: (srcPath, alias, action) => ({ srcPath, device: alias, action }),
  },
  graphics: {
    id: C.VIR_DOMAIN_EVENT_ID_GRAPHICS,
    args: ['int', 'void *', 'void *', 'const char *', 'void *'],
    read: (phase, local, remote, authScheme, who) => ({
      phase,
      local: readAddress(local),
      remote: readAddress(remote),
      authScheme,
      subject: readSubject(who),
    }),
  },
  'io-error-reason': {
    id: C.VIR_DOMAIN_EVENT_ID_IO_ERROR_REASON,
    args: ['const char *', 'const char *', 'int', 'const char *'],
    read: (srcPath, alias, action, why) => ({ srcPath, device: alias, action, reason: why }),
  },
  'control-error': { id: C.VIR_DOMAIN_EVENT_ID_CONTROL_ERROR, args: [], read: () => ({}) },
  'block-job': { id: C.VIR_DOMAIN_EVENT_ID_BLOCK_JOB, ...blockJob },
  'disk-change': {
    id: C.VIR_DOMAIN_EVENT_ID_DISK_CHANGE,
    args: ['const char *', 'const char *', 'const char *', 'int'],
    read: (oldSrcPath, newSrcPath, alias, why) => ({ oldSrcPath, newSrcPath, device: alias, reason: why }),
  },
  'tray-change': {
    id: C.VIR_DOMAIN_EVENT_ID_TRAY_CHANGE,
    args: ['const char *', 'int'],
    read: (alias, why) => ({ device: alias, reason: why }),
  },
  'pm-wakeup': { id: C.VIR_DOMAIN_EVENT_ID_PMWAKEUP, ...reason },
  'pm-suspend': { id: C.VIR_DOMAIN_EVENT_ID_PMSUSPEND, ...reason },
  'balloon-change': {
    id: C.VIR_DOMAIN_EVENT_ID_BALLOON_CHANGE,
    args: ['unsigned long long'],
    read: (actual) => ({ actual: wide(actual) }),
  },
  'pm-suspend-disk': { id: C.VIR_DOMAIN_EVENT_ID_PMSUSPEND_DISK, ...reason },
  'device-removed': { id: C.VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED, ...device },
  'block-job-2': { id: C.VIR_DOMAIN_EVENT_ID_BLOCK_JOB_2, ...blockJob },
  tunable: { id: C.VIR_DOMAIN_EVENT_ID_TUNABLE, ...params },
  'agent-lifecycle': {
    id: C.VIR_DOMAIN_EVENT_ID_AGENT_LIFECYCLE,
    args: ['int', 'int'],
    read: (state, why) => ({ state, reason: why }),
  },
  'device-added': { id: C.VIR_DOMAIN_EVENT_ID_DEVICE_ADDED, ...device },
  'migration-iteration': {
    id: C.VIR_DOMAIN_EVENT_ID_MIGRATION_ITERATION,
    args: ['int'],
    read: (iteration) => ({ iteration }),
  },
  'job-completed': { id: C.VIR_DOMAIN_EVENT_ID_JOB_COMPLETED, ...params },
  'device-removal-failed': { id: C.VIR_DOMAIN_EVENT_ID_DEVICE_REMOVAL_FAILED, ...device },
  'metadata-change': {
    id: C.VIR_DOMAIN_EVENT_ID_METADATA_CHANGE,
    args: ['int', 'const char *'],
    read: (type, uri) => ({ type, uri }),
  },
  'block-threshold': {
    id: C.VIR_DOMAIN_EVENT_ID_BLOCK_THRESHOLD,
    args: ['const char *', 'const char *', 'unsigned long long', 'unsigned long long'],
    read: (alias, path, threshold, excess) => ({
      device: alias,
      path,
      threshold: wide(threshold),
      excess: wide(excess),
    }),
  },
  'memory-failure': {
    id: C.VIR_DOMAIN_EVENT_ID_MEMORY_FAILURE,
    args: ['int', 'int', 'unsigned int'],
    read: (recipient, action, flags) => ({ recipient, action, flags }),
  },
  'memory-device-size-change': {
    id: C.VIR_DOMAIN_EVENT_ID_MEMORY_DEVICE_SIZE_CHANGE,
    args: ['const char *', 'unsigned long long'],
    read: (alias, size) => ({ alias, size: wide(size) }),
  },
};

function readDomain(pointer: bigint): EventDomain {
  const text = Buffer.alloc(C.VIR_UUID_STRING_BUFLEN);
  native.virDomainGetUUIDString(pointer, text);
  const id: number = native.virDomainGetID(pointer);
  return {
    name: native.virDomainGetName(pointer) ?? '',
    uuid: text.toString('latin1', 0, C.VIR_UUID_STRING_BUFLEN - 1),
    id: id === 0xffffffff ? -1 : id,
  };
}

/** A C function pointer that calls `run`, whose exceptions end here: one let through would kill the pump. */
export function makeCallback(result: string, args: string[], run: (...values: never[]) => void): bigint {
  const type: TypeObject = koffi.pointer(koffi.proto(result, args));
  return koffi.register((...values: never[]) => {
    try {
      run(...values);
    } catch (error) {
      process.stderr.write(`snapctl: an event could not be read: ${String(error)}\n`);
    }
    return 0;
  }, type);
}

/** The callback for one kind of event, giving `{event, domain, ...}` to `deliver`. */
export function makeEventCallback(name: string, deliver: (event: object) => void): bigint {
  const kind = EVENT_KINDS[name];
  if (!kind) throw new TypeError(`there is no event ${name}`);
  const result = name === 'lifecycle' ? 'int' : 'void';
  return makeCallback(result, ['void *', 'void *', ...kind.args, 'void *'], ((...values: unknown[]) => {
    const [, domain, ...details] = values.slice(0, -1) as [unknown, bigint, ...unknown[]];
    deliver({ event: name, domain: readDomain(domain), ...kind.read(...details) });
  }) as (...values: never[]) => void);
}

/** The callback for QEMU's own events. */
export function makeMonitorCallback(deliver: (event: object) => void): bigint {
  return makeCallback(
    'void',
    ['void *', 'void *', 'const char *', 'long long', 'unsigned int', 'const char *', 'void *'],
    (
      _connection: unknown,
      domain: bigint,
      event: string,
      seconds: number | bigint,
      micros: number,
      details: string | null,
    ) => deliver({ event, domain: readDomain(domain), seconds: wide(seconds), micros, details }),
  );
}
