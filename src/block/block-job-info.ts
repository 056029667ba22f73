import type { BlockJob } from '../qmp/index.js';
import type { Guest } from '../snapshot/guest.js';
import { queryOpenImages } from '../snapshot/open-images.js';
import { type BlockJobRecord, readJobRecords } from './block-job-record.js';
import { diskNamed } from './disk-chain.js';

/** The job that a disk has, whoever started it. */
export interface DiskJob {
  /** The disk's target. */
  readonly disk: string;
  readonly job: BlockJob;
  /** Undefined for one that was not started for the user by us. */
  readonly record: BlockJobRecord | undefined;
}

/**
 * The block job of a disk; one that has concluded is none.
 * @throws HypervisorError in libvirt's words: there is no such disk.
 */
export async function findDiskJob(guest: Guest, name: string): Promise<DiskJob | undefined> {
  const { disks, graph } = await queryOpenImages(guest);
  const { target, medium } = diskNamed(disks, name);
  const record = (await readJobRecords(guest.folder)).find(({ disk }) => disk === target);
  const jobs = (await guest.qmp.execute('query-block-jobs')).filter(({ status }) => status !== 'concluded');
  const own = jobs.find(({ device }) => device === record?.id);
  if (own) return { disk: target, job: own, record };
  const nodes = medium ? [medium.node, ...medium.filters] : [];
  const users = nodes.flatMap((node) => graph.usersOf(node) ?? []);
  const owners = new Set(users.filter(({ kind }) => kind === 'job').map((user) => user.name));
  const job = jobs.find(({ device }) => owners.has(device));
  return job && { disk: target, job, record: undefined };
}

/**
 * How far a job is: one that has something left to do never looks complete, since that is what tells that a job can be
 * pivoted.
 */
export function jobAmounts({ offset, len, ready }: Pick<BlockJob, 'offset' | 'len' | 'ready'>): {
  cur: bigint;
  end: bigint;
} {
  const [cur, end] = [BigInt(offset), BigInt(len)];
  if (ready) return end === 0n ? { cur: 1n, end: 1n } : { cur, end };
  if (cur < end) return { cur, end };
  return cur > 0n ? { cur: cur - 1n, end } : { cur: 0n, end: 1n };
}
