import {
  VIR_DOMAIN_BLOCK_IOTUNE_GROUP_NAME,
  VIR_ERR_ARGUMENT_UNSUPPORTED,
  VIR_ERR_INVALID_ARG,
  VIR_FROM_QEMU,
} from '../hypervisor/constants.js';
import { HypervisorError, type TypedParameter } from '../hypervisor/index.js';
import type { BlockNode, ThrottleLimits } from '../qmp/index.js';
import type { Guest } from '../snapshot/guest.js';
import { findChain } from './disk-chain.js';
import { refusal } from './refusals.js';

type Limit = Exclude<keyof ThrottleLimits, 'group'>;

/** libvirt's fields (VIR_DOMAIN_BLOCK_IOTUNE_*) in the order in which it tells them, and QEMU's. */
const fields: readonly (readonly [field: string, limit: Limit])[] = [
  ...['sec', 'sec_max'].flatMap((end) =>
    (['bytes', 'iops'] as const).flatMap((what) =>
      (['total', 'read', 'write'] as const).map(
        (way) => [`${way}_${what}_${end}`, limitOf(way, what, end.slice(3))] as const,
      ),
    ),
  ),
  ['size_iops_sec', 'iops_size'] as const,
  ...(['bytes', 'iops'] as const).flatMap((what) =>
    (['total', 'read', 'write'] as const).map(
      (way) => [`${way}_${what}_sec_max_length`, limitOf(way, what, '_max_length')] as const,
    ),
  ),
];

function limitOf(way: 'total' | 'read' | 'write', what: 'bytes' | 'iops', end: string): Limit {
  const short = { total: '', read: '_rd', write: '_wr' }[way];
  return `${what === 'bytes' ? 'bps' : 'iops'}${short}${end}` as Limit;
}

/** Limits that are changed together: setting one of a kind sets the others of it to what isn't said, nothing. */
const kinds: readonly (readonly [
  name: string,
  limits: readonly [total: Limit, read: Limit, write: Limit],
])[] = [
  ['bytes_sec', ['bps', 'bps_rd', 'bps_wr']],
  ['iops_sec', ['iops', 'iops_rd', 'iops_wr']],
  ['bytes_sec_max', ['bps_max', 'bps_rd_max', 'bps_wr_max']],
  ['iops_sec_max', ['iops_max', 'iops_rd_max', 'iops_wr_max']],
];

const MAXIMUM = 1_000_000_000_000_000n;

/** A disk's limits as QEMU has them; 0 for none. */
export async function readThrottle(guest: Guest, name: string): Promise<TypedParameter[]> {
  const { inserted } = await throttledDevice(guest, name);
  const parameters: TypedParameter[] = fields.map(([field, limit]) => ({
    field,
    type: 'ullong',
    value: BigInt(inserted[limit] ?? 0),
  }));
  if (inserted.group === undefined) return parameters;
  const at = parameters.findIndex(({ field }) => field === 'size_iops_sec') + 1;
  return parameters.toSpliced(at, 0, {
    field: VIR_DOMAIN_BLOCK_IOTUNE_GROUP_NAME,
    type: 'string',
    value: inserted.group,
  });
}

/** Changes some of a disk's limits. @throws HypervisorError in libvirt's words. */
export async function setThrottle(
  guest: Guest,
  name: string,
  changes: readonly TypedParameter[],
): Promise<void> {
  const { id, inserted } = await throttledDevice(guest, name);
  await guest.qmp.execute('block_set_io_throttle', { ...id, ...changedLimits(inserted, changes) });
}

async function throttledDevice(
  guest: Guest,
  name: string,
): Promise<{ id: { id: string } | { device: string }; inserted: BlockNode }> {
  const { disk, graph } = await findChain(guest, name);
  const device = graph.devices.find(({ qdev, device: drive }) =>
    disk.qdev === undefined ? disk.names.includes(drive) : qdev === disk.qdev,
  );
  if (!device?.inserted) throw refusal('invalid', `disk '${name}' not found in domain`);
  const id = device.qdev === undefined ? { device: device.device } : { id: device.qdev };
  return { id, inserted: device.inserted };
}

/**
 * All limits as they are to be: those that are not spoken of as they are, together with those of their kind.
 * @throws HypervisorError in libvirt's words.
 */
export function changedLimits(
  now: Partial<ThrottleLimits>,
  changes: readonly TypedParameter[],
): ThrottleLimits {
  const asked = new Map<Limit, bigint>();
  let group: string | undefined;
  for (const { field, value } of changes) {
    const limit = fields.find(([known]) => known === field)?.[1];
    if (field === VIR_DOMAIN_BLOCK_IOTUNE_GROUP_NAME) group = String(value);
    else if (limit === undefined) throw refusal('invalid', `parameter '${field}' not supported`);
    else asked.set(limit, checkLimit(BigInt(value)));
  }
  for (const [kind, [total, read, write]] of kinds) {
    const set = (limit: Limit): boolean => (asked.get(limit) ?? 0n) !== 0n;
    if (set(total) && (set(read) || set(write)))
      throw refusal('invalid', `total and read/write of ${kind} cannot be set at the same time`);
  }
  const limits = { bps: 0, bps_rd: 0, bps_wr: 0, iops: 0, iops_rd: 0, iops_wr: 0 } as ThrottleLimits;
  for (const [, limit] of fields) {
    const kind = kinds.find(([, members]) => members.includes(limit))?.[1] ?? [limit];
    const kept = kind.some((member) => asked.has(member)) ? 0 : (now[limit] ?? 0);
    const value = Number(asked.get(limit) ?? BigInt(kept));
    // QEMU refuses what belongs to a limit that there isn't: what was not asked for now goes with it.
    const needed = belongsTo(limit);
    if (needed.length === 0 || needed.some((other) => (limits[other] ?? 0) > 0)) {
      limits[limit] = limit.endsWith(LENGTH) ? Math.max(1, value) : value;
    } else if ((asked.get(limit) ?? 0n) !== 0n) {
      throw withoutLimit(limit);
    } else if (!limit.endsWith(LENGTH)) {
      limits[limit] = 0;
    }
  }
  const name = group ?? now.group;
  return name === undefined ? limits : { ...limits, group: name };
}

function checkLimit(value: bigint): bigint {
  if (value <= MAXIMUM) return value;
  throw new HypervisorError(
    `argument unsupported: block I/O throttle limit value must be no more than ${MAXIMUM}`,
    { code: VIR_ERR_ARGUMENT_UNSUPPORTED, domain: VIR_FROM_QEMU },
  );
}

const LENGTH = '_length';
const BURST = '_max';

/** Limits of which one must be there for another to mean something; none for one that stands alone. */
function belongsTo(limit: Limit): readonly Limit[] {
  if (limit === 'iops_size') return ['iops', 'iops_rd', 'iops_wr'];
  if (limit.endsWith(LENGTH)) return [limit.slice(0, -LENGTH.length) as Limit];
  return limit.endsWith(BURST) ? [limit.slice(0, -BURST.length) as Limit] : [];
}

function withoutLimit(limit: Limit): HypervisorError {
  const nameOf = (wanted: Limit | undefined): string =>
    fields.find(([, each]) => each === wanted)?.[0] ?? String(wanted);
  return new HypervisorError(
    `invalid argument: value '${nameOf(limit)}' cannot be set if '${nameOf(belongsTo(limit)[0])}' is not set`,
    { code: VIR_ERR_INVALID_ARG, domain: VIR_FROM_QEMU },
  );
}
