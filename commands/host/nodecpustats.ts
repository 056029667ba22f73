import { setTimeout as delay } from 'node:timers/promises';
import {
  VIR_ERR_INVALID_ARG,
  VIR_NODE_CPU_STATS_ALL_CPUS,
  VIR_NODE_CPU_STATS_IDLE,
  VIR_NODE_CPU_STATS_INTR,
  VIR_NODE_CPU_STATS_IOWAIT,
  VIR_NODE_CPU_STATS_KERNEL,
  VIR_NODE_CPU_STATS_USER,
  VIR_NODE_CPU_STATS_UTILIZATION,
} from '../../src/hypervisor/constants.js';
import { type Connection, HypervisorError } from '../../src/hypervisor/index.js';
import {
  CommandError,
  type Context,
  defineCommand,
  fixedDecimals,
  InterruptedError,
} from '../../src/shell/index.js';

/** In the order in which they are printed. */
const words: readonly (readonly [field: string, word: string])[] = [
  [VIR_NODE_CPU_STATS_USER, 'user'],
  [VIR_NODE_CPU_STATS_KERNEL, 'system'],
  [VIR_NODE_CPU_STATS_IDLE, 'idle'],
  [VIR_NODE_CPU_STATS_IOWAIT, 'iowait'],
  [VIR_NODE_CPU_STATS_INTR, 'intr'],
];

const SAMPLE_MS = 1000;

export default defineCommand({
  name: 'nodecpustats',
  group: 'host',
  summary: 'Prints cpu stats of the node.',
  description: 'Returns cpu stats of the node, in nanoseconds.',
  manual: [
    'Counts since the host started, of one CPU or of all together; with --percent, shares of the second that the ' +
      'command waits. Usage is user and system time together.',
  ],
  options: [
    { name: 'cpu', type: 'int', completer: 'host-cpu', help: 'prints specified cpu statistics only.' },
    { name: 'percent', type: 'flag', help: 'prints by percentage during 1 second.' },
  ],
  json: { map: { oneOf: ['number', 'integer', 'null'] } },
  async run(context, args) {
    const cpu = args.int('cpu') ?? VIR_NODE_CPU_STATS_ALL_CPUS;
    const first = await readCounters(context.connection, cpu);
    if (first.size === 0) {
      context.emit({});
      return;
    }
    if (!args.flag('percent')) {
      const known = words.filter(([field]) => first.has(field));
      context.emit(Object.fromEntries(known.map(([field, word]) => [`${word}Ns`, first.get(field)])));
      for (const [field, word] of known) {
        context.output.print(`${`${word}:`.padEnd(15)} ${`${first.get(field)}`.padStart(20)}\n`);
      }
      return;
    }
    const usage = first.get(VIR_NODE_CPU_STATS_UTILIZATION);
    if (usage !== undefined) {
      context.emit({ usagePercent: usage, idlePercent: 100n - usage });
      context.output.print(`${'usage:'.padEnd(15)} ${`${usage}`.padStart(5)}%\n`);
      context.output.print(`${'idle:'.padEnd(15)} ${`${100n - usage}`.padStart(5)}%\n`);
      return;
    }
    try {
      await delay(SAMPLE_MS, undefined, { signal: context.signal });
    } catch (error) {
      throw new InterruptedError('interrupted', { cause: error });
    }
    tellShares(context, first, await readCounters(context.connection, cpu));
  },
});

/** Reads the counters by field. @throws CommandError in the words virsh has for what fails. */
async function readCounters(connection: Connection, cpu: number): Promise<Map<string, bigint>> {
  try {
    const counters = await connection.nodeGetCPUStats(cpu);
    return new Map(counters.map(({ field, value }) => [field, value]));
  } catch (error) {
    // Asked how many counters there are, which is virsh's first call, libvirt does not look at the CPU's number.
    const counted = error instanceof HypervisorError && error.code === VIR_ERR_INVALID_ARG;
    throw new CommandError(`Unable to get ${counted ? 'node cpu stats' : 'number of cpu stats'}`, error);
  }
}

/** Prints what share of the time between two readings each kind took. */
function tellShares(
  context: Context,
  before: ReadonlyMap<string, bigint>,
  after: ReadonlyMap<string, bigint>,
): void {
  const spent = words
    .filter(([field]) => before.has(field))
    .map(([field, word]) => {
      const then = before.get(field) ?? 0n;
      return { field, word, time: Number((after.get(field) ?? then) - then) };
    });
  const total = spent.reduce((sum, { time }) => sum + time, 0);
  const busy = spent
    .filter(({ field }) => field === VIR_NODE_CPU_STATS_USER || field === VIR_NODE_CPU_STATS_KERNEL)
    .reduce((sum, { time }) => sum + time, 0);
  const shares = [{ word: 'usage', time: busy }, ...spent].map(({ word, time }) => ({
    word,
    percent: (time / total) * 100,
  }));
  context.emit(
    Object.fromEntries(
      shares.map(({ word, percent }) => [`${word}Percent`, Number.isNaN(percent) ? null : percent]),
    ),
  );
  for (const { word, percent } of shares) {
    // Zero by zero is a negative NaN on x86, and that is how virsh shows counters that stand still.
    const text = Number.isNaN(percent) ? '-nan' : fixedDecimals(percent, 1);
    context.output.print(`${`${word}:`.padEnd(15)} ${text.padStart(5)}%\n`);
  }
}
