import { startCommit } from '../../block/block-commit.js';
import { type CopyRequest, startCopy } from '../../block/block-copy.js';
import { finishBlockJob, pivotBlockJob, settleBlockJobs, stopBlockJob } from '../../block/block-job-end.js';
import { type DiskJob, findDiskJob, jobAmounts } from '../../block/block-job-info.js';
import { type BlockJobType, readJobRecords } from '../../block/block-job-record.js';
import { bytesPerSecond, mebibytesPerSecond } from '../../block/block-job-speed.js';
import type { Announce } from '../../block/block-job-start.js';
import { startPull } from '../../block/block-pull.js';
import { parseCopyDestination } from '../../block/copy-destination-xml.js';
import { checkFlags, refusal } from '../../block/refusals.js';
import {
  VIR_DOMAIN_BLOCK_COPY_BANDWIDTH,
  VIR_DOMAIN_BLOCK_COPY_BUF_SIZE,
  VIR_DOMAIN_BLOCK_COPY_GRANULARITY,
  VIR_DOMAIN_BLOCK_COPY_REUSE_EXT,
  VIR_DOMAIN_BLOCK_COPY_SHALLOW,
  VIR_DOMAIN_BLOCK_JOB_ABORT_ASYNC,
  VIR_DOMAIN_BLOCK_JOB_ABORT_PIVOT,
  VIR_DOMAIN_BLOCK_JOB_INFO_BANDWIDTH_BYTES,
  VIR_DOMAIN_BLOCK_JOB_SPEED_BANDWIDTH_BYTES,
  VIR_DOMAIN_BLOCK_JOB_TYPE_ACTIVE_COMMIT,
  VIR_DOMAIN_BLOCK_JOB_TYPE_BACKUP,
  VIR_DOMAIN_BLOCK_JOB_TYPE_COMMIT,
  VIR_DOMAIN_BLOCK_JOB_TYPE_COPY,
  VIR_DOMAIN_BLOCK_JOB_TYPE_PULL,
  VIR_DOMAIN_BLOCK_JOB_TYPE_UNKNOWN,
  VIR_DOMAIN_BLOCK_PULL_BANDWIDTH_BYTES,
  VIR_DOMAIN_BLOCK_REBASE_BANDWIDTH_BYTES,
  VIR_DOMAIN_BLOCK_REBASE_COPY,
  VIR_DOMAIN_BLOCK_REBASE_COPY_DEV,
  VIR_DOMAIN_BLOCK_REBASE_COPY_RAW,
  VIR_DOMAIN_BLOCK_REBASE_REUSE_EXT,
  VIR_DOMAIN_BLOCK_REBASE_SHALLOW,
} from '../../hypervisor/constants.js';
import type { DomainJobs } from '../../hypervisor/jobs.js';
import type { Guest } from '../../snapshot/guest.js';
import { leaveWord } from '../../snapshot/notice.js';
import type { BareDomain } from './bare-domain.js';
import { inModel } from './errors.js';
import { allSnapshots } from './snapshot-list.js';

type BlockJobs = Pick<
  DomainJobs,
  | 'getBlockJobInfo'
  | 'blockJobAbort'
  | 'blockJobSetSpeed'
  | 'blockPull'
  | 'blockRebase'
  | 'blockCommit'
  | 'blockCopy'
>;

const types: Readonly<Record<BlockJobType, number>> = {
  pull: VIR_DOMAIN_BLOCK_JOB_TYPE_PULL,
  copy: VIR_DOMAIN_BLOCK_JOB_TYPE_COPY,
  commit: VIR_DOMAIN_BLOCK_JOB_TYPE_COMMIT,
  'active-commit': VIR_DOMAIN_BLOCK_JOB_TYPE_ACTIVE_COMMIT,
};

/** By what QEMU calls them. */
const foreignTypes: Readonly<Record<string, number>> = {
  stream: VIR_DOMAIN_BLOCK_JOB_TYPE_PULL,
  mirror: VIR_DOMAIN_BLOCK_JOB_TYPE_COPY,
  commit: VIR_DOMAIN_BLOCK_JOB_TYPE_COMMIT,
  backup: VIR_DOMAIN_BLOCK_JOB_TYPE_BACKUP,
};

/**
 * Block jobs of bare QEMUs, which go on without us.
 * @param readonly nothing may be changed: what has ended is left to others.
 */
export function blockJobs(domain: BareDomain, readonly: boolean): BlockJobs {
  /** @param asked as the user named the disk. */
  const begin = async (
    asked: string,
    start: (guest: Guest, announce: Announce) => Promise<void>,
  ): Promise<void> => {
    await start(await domain.guest(), ({ id, disk, from, to, type }) => {
      const path = type === 'pull' ? to : from;
      domain.jobNames.set(id, { asked, target: disk, path, type: types[type] });
    });
  };
  const copy = (request: CopyRequest): Promise<void> =>
    begin(request.disk, (guest, announce) => startCopy(guest, request, announce));

  return {
    getBlockJobInfo: (disk, flags = 0) =>
      inModel(async () => {
        checkFlags(flags, VIR_DOMAIN_BLOCK_JOB_INFO_BANDWIDTH_BYTES, 'virDomainGetBlockJobInfo');
        const guest = await domain.guest();
        if (!readonly) await settleEnded(domain, guest);
        const found = await findDiskJob(guest, disk);
        if (!found) {
          // It may have ended between the two: who is told that there is none finds nothing left of it.
          if (!readonly) await settleEnded(domain, guest);
          return null;
        }
        const { job } = found;
        const bytes = BigInt(job.speed);
        const inBytes = (flags & VIR_DOMAIN_BLOCK_JOB_INFO_BANDWIDTH_BYTES) !== 0;
        return {
          type: typeOf(found),
          bandwidth: inBytes ? bytes : mebibytesPerSecond(bytes),
          ...jobAmounts(job),
        };
      }),
    blockJobAbort: (disk, flags = 0) => inModel(async () => abort(await domain.guest(), disk, flags)),
    blockJobSetSpeed: (disk, bandwidth, flags = 0) =>
      inModel(async () => {
        checkFlags(flags, VIR_DOMAIN_BLOCK_JOB_SPEED_BANDWIDTH_BYTES, 'virDomainBlockJobSetSpeed');
        const speed = bytesPerSecond(bandwidth, (flags & VIR_DOMAIN_BLOCK_JOB_SPEED_BANDWIDTH_BYTES) !== 0);
        const guest = await domain.guest();
        const { job } = await wanted(guest, disk);
        await guest.qmp.execute('block-job-set-speed', { device: job.device, speed });
      }),
    blockPull: (disk, bandwidth, flags = 0) =>
      inModel(async () => {
        checkFlags(flags, VIR_DOMAIN_BLOCK_PULL_BANDWIDTH_BYTES, 'virDomainBlockPull');
        await begin(disk, (guest, announce) =>
          startPull(guest, { disk, base: null, bandwidth, flags }, announce),
        );
      }),
    blockRebase: (disk, base, bandwidth, flags = 0) =>
      inModel(async () => {
        if ((flags & VIR_DOMAIN_BLOCK_REBASE_COPY) !== 0)
          return copy(rebaseCopy(disk, base, bandwidth, flags));
        await begin(disk, (guest, announce) => startPull(guest, { disk, base, bandwidth, flags }, announce));
      }),
    blockCommit: (disk, base, top, bandwidth, flags = 0) =>
      inModel(async () => {
        const snapshots = await allSnapshots(domain);
        const request = { disk, base, top, bandwidth, flags };
        await begin(disk, (guest, announce) => startCommit(guest, snapshots, request, announce));
      }),
    blockCopy: (disk, xml, parameters, flags = 0) =>
      inModel(async () => {
        const value = (field: string): bigint =>
          BigInt(parameters.find((parameter) => parameter.field === field)?.value ?? 0);
        await copy({
          disk,
          to: parseCopyDestination(xml),
          bandwidth: value(VIR_DOMAIN_BLOCK_COPY_BANDWIDTH),
          granularity: Number(value(VIR_DOMAIN_BLOCK_COPY_GRANULARITY)),
          bufferSize: value(VIR_DOMAIN_BLOCK_COPY_BUF_SIZE),
          flags,
        });
      }),
  };
}

/** The copy that virDomainBlockRebase is with VIR_DOMAIN_BLOCK_REBASE_COPY. */
function rebaseCopy(disk: string, base: string | null, bandwidth: bigint, flags: number): CopyRequest {
  const has = (bit: number): boolean => (flags & bit) !== 0;
  const known =
    VIR_DOMAIN_BLOCK_REBASE_COPY |
    VIR_DOMAIN_BLOCK_REBASE_COPY_DEV |
    VIR_DOMAIN_BLOCK_REBASE_COPY_RAW |
    VIR_DOMAIN_BLOCK_REBASE_SHALLOW |
    VIR_DOMAIN_BLOCK_REBASE_REUSE_EXT |
    VIR_DOMAIN_BLOCK_REBASE_BANDWIDTH_BYTES;
  checkFlags(flags, known, 'virDomainBlockRebase');
  return {
    disk,
    to: {
      file: base ?? '',
      type: has(VIR_DOMAIN_BLOCK_REBASE_COPY_DEV) ? 'block' : 'file',
      format: has(VIR_DOMAIN_BLOCK_REBASE_COPY_RAW) ? 'raw' : undefined,
    },
    bandwidth: BigInt(bytesPerSecond(bandwidth, has(VIR_DOMAIN_BLOCK_REBASE_BANDWIDTH_BYTES))),
    granularity: 0,
    bufferSize: 0n,
    flags:
      (has(VIR_DOMAIN_BLOCK_REBASE_SHALLOW) ? VIR_DOMAIN_BLOCK_COPY_SHALLOW : 0) |
      (has(VIR_DOMAIN_BLOCK_REBASE_REUSE_EXT) ? VIR_DOMAIN_BLOCK_COPY_REUSE_EXT : 0),
  };
}

const typeOf = ({ job, record }: DiskJob): number =>
  record ? types[record.type] : (foreignTypes[job.type] ?? VIR_DOMAIN_BLOCK_JOB_TYPE_UNKNOWN);

async function wanted(guest: Guest, disk: string): Promise<DiskJob> {
  const found = await findDiskJob(guest, disk);
  if (!found) throw refusal('invalid', `disk ${disk} does not have an active block job`);
  return found;
}

async function abort(guest: Guest, disk: string, flags: number): Promise<void> {
  const known = VIR_DOMAIN_BLOCK_JOB_ABORT_ASYNC | VIR_DOMAIN_BLOCK_JOB_ABORT_PIVOT;
  checkFlags(flags, known, 'virDomainBlockJobAbort');
  const { job, record } = await wanted(guest, disk);
  const { device: id, ready } = job;
  const pivot = (flags & VIR_DOMAIN_BLOCK_JOB_ABORT_PIVOT) !== 0;
  if (pivot) {
    const mirrors = record ? record.type === 'copy' || record.type === 'active-commit' : ready;
    if (!mirrors) throw refusal('now', `job type '${record?.type ?? job.type}' does not support pivot`);
    if (!ready) throw refusal('active', `block job '${id}' not ready for pivot yet`);
    if (record) await pivotBlockJob(guest, record);
    else await guest.qmp.execute('job-complete', { id });
  } else {
    await stopBlockJob(guest, id, ready);
  }
  if ((flags & VIR_DOMAIN_BLOCK_JOB_ABORT_ASYNC) !== 0 || !record) return;
  const error = await finishBlockJob(guest, record);
  // Having been given up is how it was to end.
  if (pivot && error !== undefined)
    throw refusal('failed', `block job '${id}' failed while pivoting: ${error}`);
}

/** Does what is left to do for jobs that have ended, and leaves word of those that nobody waited for, or that failed. */
async function settleEnded(domain: BareDomain, guest: Guest): Promise<void> {
  for (const { record, text, failed } of await settleBlockJobs(guest)) {
    if (failed || record.controller.pid !== process.pid) await leaveWord(domain.folder, text);
  }
}

/** The same, if there is anything that may have ended; nobody else may be at work on the guest. */
export async function settleLeftBlockJobs(domain: BareDomain): Promise<void> {
  if ((await readJobRecords(domain.folder)).length === 0 || (await domain.operation())) return;
  // Who can't ask now can't tell either; the next command may.
  const guest = await domain.guest().catch(() => undefined);
  if (guest) await settleEnded(domain, guest);
}
