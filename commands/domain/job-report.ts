import {
  VIR_DOMAIN_JOB_AUTO_CONVERGE_THROTTLE,
  VIR_DOMAIN_JOB_BOUNDED,
  VIR_DOMAIN_JOB_COMPLETED,
  VIR_DOMAIN_JOB_COMPRESSION_BYTES,
  VIR_DOMAIN_JOB_COMPRESSION_CACHE,
  VIR_DOMAIN_JOB_COMPRESSION_CACHE_MISSES,
  VIR_DOMAIN_JOB_COMPRESSION_OVERFLOW,
  VIR_DOMAIN_JOB_COMPRESSION_PAGES,
  VIR_DOMAIN_JOB_DATA_PROCESSED,
  VIR_DOMAIN_JOB_DATA_REMAINING,
  VIR_DOMAIN_JOB_DATA_TOTAL,
  VIR_DOMAIN_JOB_DISK_BPS,
  VIR_DOMAIN_JOB_DISK_PROCESSED,
  VIR_DOMAIN_JOB_DISK_REMAINING,
  VIR_DOMAIN_JOB_DISK_TEMP_TOTAL,
  VIR_DOMAIN_JOB_DISK_TEMP_USED,
  VIR_DOMAIN_JOB_DISK_TOTAL,
  VIR_DOMAIN_JOB_DOWNTIME,
  VIR_DOMAIN_JOB_DOWNTIME_NET,
  VIR_DOMAIN_JOB_ERRMSG,
  VIR_DOMAIN_JOB_MEMORY_BPS,
  VIR_DOMAIN_JOB_MEMORY_CONSTANT,
  VIR_DOMAIN_JOB_MEMORY_DIRTY_RATE,
  VIR_DOMAIN_JOB_MEMORY_ITERATION,
  VIR_DOMAIN_JOB_MEMORY_NORMAL,
  VIR_DOMAIN_JOB_MEMORY_NORMAL_BYTES,
  VIR_DOMAIN_JOB_MEMORY_PAGE_SIZE,
  VIR_DOMAIN_JOB_MEMORY_POSTCOPY_REQS,
  VIR_DOMAIN_JOB_MEMORY_PROCESSED,
  VIR_DOMAIN_JOB_MEMORY_REMAINING,
  VIR_DOMAIN_JOB_MEMORY_TOTAL,
  VIR_DOMAIN_JOB_NONE,
  VIR_DOMAIN_JOB_SETUP_TIME,
  VIR_DOMAIN_JOB_TIME_ELAPSED,
  VIR_DOMAIN_JOB_TIME_ELAPSED_NET,
  VIR_DOMAIN_JOB_TIME_REMAINING,
  VIR_DOMAIN_JOB_UNBOUNDED,
} from '../../src/hypervisor/constants.js';
import { type JobStats, jobOperationWord, jobTypeWord } from '../../src/hypervisor/index.js';
import { prettyCapacity } from '../../src/shell/index.js';

interface ReportOptions {
  /** Completed statistics were asked for. */
  readonly completed: boolean;
  /** Print them whatever the job's type. */
  readonly any: boolean;
}

/** What virsh prints about a job: one line for each thing that is known. */
export function jobReport(stats: JobStats, { completed, any }: ReportOptions): string {
  const { type } = stats;
  const lines = [line('Job type:', jobTypeWord(type).padEnd(12))];
  if (type !== VIR_DOMAIN_JOB_NONE) {
    lines.push(line('Operation:', jobOperationWord(stats).padEnd(12)));
    const running = type === VIR_DOMAIN_JOB_BOUNDED || type === VIR_DOMAIN_JOB_UNBOUNDED;
    if (any || running || (completed && type === VIR_DOMAIN_JOB_COMPLETED)) lines.push(...details(stats));
  }
  return lines.map((each) => `${each}\n`).join('');
}

function details(stats: JobStats): string[] {
  const memory = amounts(
    stats,
    'Memory',
    VIR_DOMAIN_JOB_MEMORY_PROCESSED,
    VIR_DOMAIN_JOB_MEMORY_REMAINING,
    VIR_DOMAIN_JOB_MEMORY_TOTAL,
  );
  if (memory.length > 0) {
    memory.push(
      ...rate(stats, 'Memory bandwidth:', VIR_DOMAIN_JOB_MEMORY_BPS),
      ...count(stats, 'Dirty rate:', VIR_DOMAIN_JOB_MEMORY_DIRTY_RATE, 'pages/s'),
      ...count(stats, 'Page size:', VIR_DOMAIN_JOB_MEMORY_PAGE_SIZE, 'bytes'),
      ...count(stats, 'Iteration:', VIR_DOMAIN_JOB_MEMORY_ITERATION),
      ...count(stats, 'Postcopy requests:', VIR_DOMAIN_JOB_MEMORY_POSTCOPY_REQS),
    );
  }
  const disks = amounts(
    stats,
    'File',
    VIR_DOMAIN_JOB_DISK_PROCESSED,
    VIR_DOMAIN_JOB_DISK_REMAINING,
    VIR_DOMAIN_JOB_DISK_TOTAL,
  );
  if (disks.length > 0) disks.push(...rate(stats, 'File bandwidth:', VIR_DOMAIN_JOB_DISK_BPS));
  const bounded = stats.type === VIR_DOMAIN_JOB_BOUNDED;
  const downtime = stats.type === VIR_DOMAIN_JOB_COMPLETED ? 'Total downtime:' : 'Expected downtime:';
  const error = field(stats, VIR_DOMAIN_JOB_ERRMSG);
  return [
    line('Time elapsed:', `${padded(number(stats, VIR_DOMAIN_JOB_TIME_ELAPSED))} ms`),
    ...count(stats, 'Time elapsed w/o network:', VIR_DOMAIN_JOB_TIME_ELAPSED_NET, 'ms'),
    ...(bounded
      ? [line('Time remaining:', `${padded(number(stats, VIR_DOMAIN_JOB_TIME_REMAINING))} ms`)]
      : []),
    ...amounts(
      stats,
      'Data',
      VIR_DOMAIN_JOB_DATA_PROCESSED,
      VIR_DOMAIN_JOB_DATA_REMAINING,
      VIR_DOMAIN_JOB_DATA_TOTAL,
    ),
    ...memory,
    ...disks,
    ...count(stats, 'Constant pages:', VIR_DOMAIN_JOB_MEMORY_CONSTANT),
    ...count(stats, 'Normal pages:', VIR_DOMAIN_JOB_MEMORY_NORMAL),
    ...size(stats, 'Normal data:', VIR_DOMAIN_JOB_MEMORY_NORMAL_BYTES),
    ...count(stats, downtime, VIR_DOMAIN_JOB_DOWNTIME, 'ms'),
    ...count(stats, 'Downtime w/o network:', VIR_DOMAIN_JOB_DOWNTIME_NET, 'ms'),
    ...count(stats, 'Setup time:', VIR_DOMAIN_JOB_SETUP_TIME, 'ms'),
    ...size(stats, 'Compression cache:', VIR_DOMAIN_JOB_COMPRESSION_CACHE),
    ...size(stats, 'Compressed data:', VIR_DOMAIN_JOB_COMPRESSION_BYTES),
    ...count(stats, 'Compressed pages:', VIR_DOMAIN_JOB_COMPRESSION_PAGES, '', 13),
    ...count(stats, 'Compression cache misses:', VIR_DOMAIN_JOB_COMPRESSION_CACHE_MISSES, '', 13),
    ...count(stats, 'Compression overflows:', VIR_DOMAIN_JOB_COMPRESSION_OVERFLOW, '', 13),
    ...count(stats, 'Auto converge throttle:', VIR_DOMAIN_JOB_AUTO_CONVERGE_THROTTLE, '', 13),
    ...size(stats, 'Temporary disk space use:', VIR_DOMAIN_JOB_DISK_TEMP_USED),
    ...size(stats, 'Temporary disk space total:', VIR_DOMAIN_JOB_DISK_TEMP_TOTAL),
    ...(error === undefined ? [] : [line('Error message:', String(error))]),
  ];
}

const field = ({ params }: JobStats, name: string) => params.find((each) => each.field === name)?.value;

const number = (stats: JobStats, name: string): bigint => BigInt(field(stats, name) ?? 0);

const line = (label: string, value: string): string => `${label.padEnd(17)} ${value}`;

const padded = (value: bigint, width = 12): string => value.toString().padEnd(width);

/** A number, if it is known, with what it counts. */
function count(stats: JobStats, label: string, name: string, unit = '', width = 12): string[] {
  if (field(stats, name) === undefined) return [];
  return [line(label, `${padded(number(stats, name), width)}${unit && ` ${unit}`}`)];
}

function pretty(bytes: bigint): string {
  const { value, unit } = prettyCapacity(bytes);
  return `${value} ${unit}`;
}

/** A number of bytes, if it is known. */
const size = (stats: JobStats, label: string, name: string): string[] =>
  field(stats, name) === undefined ? [] : [line(label, pretty(number(stats, name)))];

/** Bytes per second, if known and not nothing. */
const rate = (stats: JobStats, label: string, name: string): string[] =>
  number(stats, name) === 0n ? [] : [line(label, `${pretty(number(stats, name))}/s`)];

/** Three lines about what there is to move, unless all three say nothing. */
function amounts(
  stats: JobStats,
  what: string,
  processed: string,
  remaining: string,
  total: string,
): string[] {
  const rows: [string, bigint][] = [
    [`${what} processed:`, number(stats, processed)],
    [`${what} remaining:`, number(stats, remaining)],
    [`${what} total:`, number(stats, total)],
  ];
  return rows.every(([, bytes]) => bytes === 0n)
    ? []
    : rows.map(([label, bytes]) => line(label, pretty(bytes)));
}
