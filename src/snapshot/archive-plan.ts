import { randomBytes } from 'node:crypto';
import { basename } from 'node:path';
import { type ArchivedDomain, NVRAM, streamName } from '../archive/archived-domain.js';
import { VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY, VIR_ERR_CONFIG_UNSUPPORTED } from '../hypervisor/constants.js';
import { type ArchiveCreateOptions, HypervisorError } from '../hypervisor/index.js';
import type { Guest } from './guest.js';
import { backingFiles, findDisk, type GuestDisk } from './guest-disks.js';
import type { MemoryMethod } from './journal.js';
import { type ExternalDisk, planSnapshot } from './plan.js';
import type { LaunchRecord } from './relaunch-record.js';

const unsupported = (text: string): HypervisorError =>
  new HypervisorError(`unsupported configuration: ${text}`, { code: VIR_ERR_CONFIG_UNSUPPORTED });

/** The disks that go into the archive, each with the overlay that the guest goes on with. */
export function planArchiveDisks(
  file: string,
  disks: readonly GuestDisk[],
  { disks: asked, memory, keepOverlay }: ArchiveCreateOptions,
): readonly ExternalDisk[] {
  const writable = disks.filter(({ medium }) => medium && !medium.readonly);
  const chosen = asked?.map((name) => {
    const disk = findDisk(disks, name);
    if (!disk) throw unsupported(`no disk named '${name}'`);
    return disk;
  });
  const left = chosen && writable.find((disk) => !chosen.includes(disk));
  if (memory && left) {
    throw unsupported(
      `memory fits nothing without disk '${left.target}': archive all disks, or no memory (--no-memory)`,
    );
  }
  const wanted = chosen ?? writable;
  if (!memory && wanted.length === 0)
    throw unsupported('there is nothing to archive: the guest has no disks');
  const stem = basename(file).replace(/\.[^.]*$/, '') || 'archive';
  const name = keepOverlay ? stem : `archive-${randomBytes(4).toString('hex')}`;
  const request = {
    name,
    description: undefined,
    state: undefined,
    creationTime: undefined,
    parent: undefined,
    location: 'external' as const,
    memory: { snapshot: 'no', file: undefined },
    disks: disks.map((disk) => ({
      name: disk.names[0] ?? disk.target,
      snapshot: wanted.includes(disk) ? 'external' : 'no',
      type: 'file',
      driver: undefined,
      file: undefined,
    })),
  };
  if (wanted.length === 0) return [];
  return planSnapshot(request, VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY, disks).external;
}

/** Why the guest could not be started from its archive as it is. */
export const obstaclesOf = (launch: LaunchRecord | undefined): string[] =>
  launch
    ? [
        ...launch.plugged.map((id) => `device '${id}' was plugged in after the start`),
        ...launch.unplugged.map((id) => `device '${id}' had been unplugged`),
      ]
    : ["QEMU's command line could not be read"];

export interface DescribeFacts {
  readonly running: boolean;
  readonly options: ArchiveCreateOptions;
  readonly memorySize: number;
  readonly method: MemoryMethod;
}

/** What the archive says of the guest. */
export function describeArchived(
  guest: Guest,
  external: readonly ExternalDisk[],
  launch: LaunchRecord | undefined,
  { running, options, memorySize, method }: DescribeFacts,
): ArchivedDomain {
  const { major, minor, micro } = guest.version;
  const taken = new Set<string>();
  return {
    version: 1,
    name: guest.name,
    uuid: guest.uuid,
    takenAt: new Date().toISOString(),
    running,
    frozen: options.quiesce,
    memory: options.memory ? memorySize : null,
    method,
    origin: 'qemu',
    launch: launch
      ? {
          program: launch.program,
          words: launch.words,
          cwd: launch.cwd,
          machine: launch.machine,
          version: `${major}.${minor}.${micro}`,
          plugged: launch.plugged,
          unplugged: launch.unplugged,
        }
      : null,
    disks: external.map(({ disk, medium }) => {
      const flash = isFirmware(disk) && !taken.has(NVRAM);
      const name = flash ? NVRAM : streamName(disk.target, taken);
      taken.add(name);
      return {
        stream: flash ? NVRAM : `disk/${name}`,
        target: disk.target,
        names: disk.names,
        chain: [...new Set([medium.file, ...backingFiles(medium.image)])],
        size: medium.size,
      };
    }),
  };
}

/** Flash that the guest can write to holds the firmware's variables, and little else. */
const MAX_FLASH = 64 * 1024 * 1024;
const isFirmware = ({ target, qdev, medium }: GuestDisk): boolean =>
  /pflash|cfi\.pflash/.test(`${target} ${qdev ?? ''}`) && (medium?.size ?? 0) <= MAX_FLASH;
