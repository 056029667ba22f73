import { stat } from 'node:fs/promises';
import { readBackupRecord } from '../../block/backup-record.js';
import {
  VIR_DOMAIN_JOB_DATA_PROCESSED,
  VIR_DOMAIN_JOB_DATA_REMAINING,
  VIR_DOMAIN_JOB_DATA_TOTAL,
  VIR_DOMAIN_JOB_DISK_PROCESSED,
  VIR_DOMAIN_JOB_DISK_REMAINING,
  VIR_DOMAIN_JOB_DISK_TOTAL,
  VIR_DOMAIN_JOB_MEMORY_PROCESSED,
  VIR_DOMAIN_JOB_MEMORY_REMAINING,
  VIR_DOMAIN_JOB_MEMORY_TOTAL,
  VIR_DOMAIN_JOB_NONE,
  VIR_DOMAIN_JOB_OPERATION,
  VIR_DOMAIN_JOB_OPERATION_BACKUP,
  VIR_DOMAIN_JOB_OPERATION_DUMP,
  VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT,
  VIR_DOMAIN_JOB_OPERATION_RESTORE,
  VIR_DOMAIN_JOB_OPERATION_SAVE,
  VIR_DOMAIN_JOB_OPERATION_SNAPSHOT,
  VIR_DOMAIN_JOB_OPERATION_SNAPSHOT_DELETE,
  VIR_DOMAIN_JOB_OPERATION_SNAPSHOT_REVERT,
  VIR_DOMAIN_JOB_OPERATION_UNKNOWN,
  VIR_DOMAIN_JOB_STATS_COMPLETED,
  VIR_DOMAIN_JOB_TIME_ELAPSED,
  VIR_DOMAIN_JOB_UNBOUNDED,
  VIR_ERR_ARGUMENT_UNSUPPORTED,
  VIR_FROM_QEMU,
} from '../../hypervisor/constants.js';
import { HypervisorError } from '../../hypervisor/errors.js';
import type { DomainJobs, JobStats } from '../../hypervisor/jobs.js';
import type { TypedParameter } from '../../hypervisor/typed-parameter.js';
import type { Job, QmpClient } from '../../qmp/index.js';
import type { JournalRecord } from '../../snapshot/journal.js';
import type { BareDomain } from './bare-domain.js';
import { inModel } from './errors.js';

const OPERATIONS: Readonly<Record<JournalRecord['operation'], number>> = {
  'snapshot-create': VIR_DOMAIN_JOB_OPERATION_SNAPSHOT,
  'snapshot-revert': VIR_DOMAIN_JOB_OPERATION_SNAPSHOT_REVERT,
  'snapshot-delete': VIR_DOMAIN_JOB_OPERATION_SNAPSHOT_DELETE,
  'archive-create': VIR_DOMAIN_JOB_OPERATION_SNAPSHOT,
  // libvirt has no word for it.
  'checkpoint-create': VIR_DOMAIN_JOB_OPERATION_UNKNOWN,
  dump: VIR_DOMAIN_JOB_OPERATION_DUMP,
  save: VIR_DOMAIN_JOB_OPERATION_SAVE,
  restore: VIR_DOMAIN_JOB_OPERATION_RESTORE,
};

const NONE: JobStats = { type: VIR_DOMAIN_JOB_NONE, params: [] };

/** What a guest is busy with, as libvirt would tell it: from QEMU, and from the journal what it is for. */
export function jobStats(domain: BareDomain): Pick<DomainJobs, 'getJobStats'> {
  return {
    async getJobStats(flags = 0) {
      if ((flags & VIR_DOMAIN_JOB_STATS_COMPLETED) !== 0) {
        throw new HypervisorError('argument unsupported: nothing is kept of jobs that have ended', {
          code: VIR_ERR_ARGUMENT_UNSUPPORTED,
          domain: VIR_FROM_QEMU,
        });
      }
      return inModel(async () => {
        const operation = await domain.operation();
        const record = operation?.hands === 'controller' ? operation.record : undefined;
        // The process that dumps has the monitor: how much is written is told by the file.
        if (record?.operation === 'dump' && (await domain.held())) return dumping(record);
        const { qmp } = await domain.guest();
        return running(domain, qmp, record);
      });
    },
  };
}

async function running(
  domain: BareDomain,
  qmp: QmpClient,
  record: JournalRecord | undefined,
): Promise<JobStats> {
  const migration = await qmp.execute('query-migrate');
  if (MOVING.has(migration.status ?? 'none')) {
    const { ram, 'total-time': elapsed = 0 } = migration;
    return stats(record ? OPERATIONS[record.operation] : VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT, elapsed, {
      [VIR_DOMAIN_JOB_DATA_TOTAL]: ram?.total ?? 0,
      [VIR_DOMAIN_JOB_DATA_PROCESSED]: ram?.transferred ?? 0,
      [VIR_DOMAIN_JOB_DATA_REMAINING]: ram?.remaining ?? 0,
      [VIR_DOMAIN_JOB_MEMORY_TOTAL]: ram?.total ?? 0,
      [VIR_DOMAIN_JOB_MEMORY_PROCESSED]: ram?.transferred ?? 0,
      [VIR_DOMAIN_JOB_MEMORY_REMAINING]: ram?.remaining ?? 0,
    });
  }
  const dump = await qmp.execute('query-dump');
  if (dump.status === 'active')
    return stats(VIR_DOMAIN_JOB_OPERATION_DUMP, 0, data(dump.completed, dump.total));
  const backup = record ? undefined : await readBackupRecord(domain.folder);
  const ids = new Set(backup?.disks.map(({ jobId }) => jobId));
  const ours = (await qmp.execute('query-jobs')).filter(({ id }) =>
    record ? isOurs(id, record) : ids.has(id),
  );
  if (!record && (!backup || ours.length === 0)) return NONE;
  const operation = record ? OPERATIONS[record.operation] : VIR_DOMAIN_JOB_OPERATION_BACKUP;
  const elapsed = Date.now() - Date.parse((record ?? backup)?.startedAt ?? '');
  const sum = (field: 'current-progress' | 'total-progress'): number =>
    ours.reduce((total, job: Job) => total + job[field], 0);
  const [done, total] = [sum('current-progress'), sum('total-progress')];
  return stats(operation, elapsed, {
    [VIR_DOMAIN_JOB_DATA_TOTAL]: total,
    [VIR_DOMAIN_JOB_DATA_PROCESSED]: done,
    [VIR_DOMAIN_JOB_DATA_REMAINING]: total - done,
    [VIR_DOMAIN_JOB_DISK_TOTAL]: total,
    [VIR_DOMAIN_JOB_DISK_PROCESSED]: done,
    [VIR_DOMAIN_JOB_DISK_REMAINING]: total - done,
  });
}

/** How far a dump of another process has come; what it will be in the end is known of a plain core file only. */
async function dumping({ memory, size, startedAt }: JournalRecord): Promise<JobStats> {
  const written = memory ? (await stat(memory.partial).catch(() => ({ size: 0 }))).size : 0;
  const total = Math.max(size?.memory ?? 0, written);
  const elapsed = Date.now() - Date.parse(startedAt);
  return stats(VIR_DOMAIN_JOB_OPERATION_DUMP, elapsed, data(written, total));
}

const MOVING: ReadonlySet<string> = new Set([
  'setup',
  'active',
  'postcopy-active',
  'pre-switchover',
  'device',
  'cancelling',
]);

const isOurs = (id: string, { jobs, deletion }: JournalRecord): boolean =>
  jobs.includes(id) || (deletion ? id.startsWith(deletion.prefix) : false);

const data = (done: number, total: number): Record<string, number> => ({
  [VIR_DOMAIN_JOB_DATA_TOTAL]: total,
  [VIR_DOMAIN_JOB_DATA_PROCESSED]: done,
  [VIR_DOMAIN_JOB_DATA_REMAINING]: total - done,
});

function stats(operation: number, elapsed: number, amounts: Readonly<Record<string, number>>): JobStats {
  const number = (field: string, value: number): TypedParameter => ({
    field,
    type: 'ullong',
    value: BigInt(Math.max(0, Math.round(value))),
  });
  return {
    type: VIR_DOMAIN_JOB_UNBOUNDED,
    params: [
      { field: VIR_DOMAIN_JOB_OPERATION, type: 'int', value: operation },
      number(VIR_DOMAIN_JOB_TIME_ELAPSED, elapsed),
      ...Object.entries(amounts).map(([field, value]) => number(field, value)),
    ],
  };
}
