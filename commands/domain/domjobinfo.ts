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
  VIR_DOMAIN_JOB_STATS_COMPLETED,
  VIR_DOMAIN_JOB_STATS_KEEP_COMPLETED,
  VIR_DOMAIN_JOB_TIME_ELAPSED,
  VIR_DOMAIN_JOB_TIME_REMAINING,
  VIR_ERR_NO_SUPPORT,
} from '../../src/hypervisor/constants.js';
import {
  type Domain,
  HypervisorError,
  type JobInfo,
  type JobStats,
  jobOperationWord,
  jobTypeWord,
} from '../../src/hypervisor/index.js';
import {
  CommandError,
  camelCase,
  defineCommand,
  domainOf,
  domainOption,
  requires,
} from '../../src/shell/index.js';
import { jobReport } from './job-report.js';

export default defineCommand({
  name: 'domjobinfo',
  group: 'domain',
  summary: 'domain job information',
  description: 'Returns information about jobs running on a domain.',
  manual: [
    'A domain job is a long operation on the domain as a whole: a save, dump, migration, backup or a snapshot of memory. With --completed it tells of the last one that ended well, for example how long the guest stood still (total downtime); without --keep-completed it can be asked only once.',
  ],
  options: [
    domainOption('domain-active'),
    {
      name: 'completed',
      type: 'flag',
      bit: VIR_DOMAIN_JOB_STATS_COMPLETED,
      help: 'return statistics of a recently completed job',
    },
    {
      name: 'keep-completed',
      type: 'flag',
      bit: VIR_DOMAIN_JOB_STATS_KEEP_COMPLETED,
      help: "don't destroy statistics of a recently completed job when reading",
    },
    { name: 'anystats', type: 'flag', help: 'print statistics for any kind of job (even failed ones)' },
    { name: 'rawstats', type: 'flag', help: 'print the raw data returned by libvirt' },
  ],
  rules: [requires('keep-completed', 'completed')],
  json: {
    object: {
      type: 'string',
      'operation?': 'string',
      statistics: { map: { oneOf: ['integer', 'number', 'boolean', 'string'] } },
    },
  },
  async run(context, args) {
    const domain = await domainOf(context, args);
    const raw = args.flag('rawstats');
    const stats = await jobStats(domain, args.bits('completed', 'keep-completed'), raw);
    context.emit({
      type: jobTypeWord(stats.type).toLowerCase(),
      ...(stats.type === VIR_DOMAIN_JOB_NONE ? {} : { operation: jobOperationWord(stats).toLowerCase() }),
      statistics: Object.fromEntries(stats.params.map(({ field, value }) => [camelCase(field), value])),
    });
    context.output.print(
      raw
        ? rawReport(stats)
        : jobReport(stats, { completed: args.flag('completed'), any: args.flag('anystats') }),
    );
  },
});

/** The job's statistics; from a daemon too old for them, what the older function tells. */
async function jobStats(domain: Domain, flags: number, raw: boolean): Promise<JobStats> {
  try {
    return await domain.getJobStats(flags);
  } catch (error) {
    if (!(error instanceof HypervisorError) || error.code !== VIR_ERR_NO_SUPPORT) throw error;
    if (flags !== 0 || raw) {
      throw new CommandError('Optional flags or --rawstats are not supported by the daemon', error);
    }
  }
  return asStats(await domain.getJobInfo());
}

function asStats(info: JobInfo): JobStats {
  const fields: [string, bigint][] = [
    [VIR_DOMAIN_JOB_TIME_ELAPSED, info.timeElapsed],
    [VIR_DOMAIN_JOB_TIME_REMAINING, info.timeRemaining],
    [VIR_DOMAIN_JOB_DATA_TOTAL, info.dataTotal],
    [VIR_DOMAIN_JOB_DATA_PROCESSED, info.dataProcessed],
    [VIR_DOMAIN_JOB_DATA_REMAINING, info.dataRemaining],
    [VIR_DOMAIN_JOB_MEMORY_TOTAL, info.memTotal],
    [VIR_DOMAIN_JOB_MEMORY_PROCESSED, info.memProcessed],
    [VIR_DOMAIN_JOB_MEMORY_REMAINING, info.memRemaining],
    [VIR_DOMAIN_JOB_DISK_TOTAL, info.fileTotal],
    [VIR_DOMAIN_JOB_DISK_PROCESSED, info.fileProcessed],
    [VIR_DOMAIN_JOB_DISK_REMAINING, info.fileRemaining],
  ];
  return { type: info.type, params: fields.map(([field, value]) => ({ field, type: 'ullong', value })) };
}

function rawReport({ type, params }: JobStats): string {
  const lines = params.map(({ field, value }) =>
    typeof value === 'boolean' ? `${field}: ${value ? 1 : 0}\n` : `${field}: ${value}\n`,
  );
  return `Job type: ${type}\n\n${lines.join('')}`;
}
