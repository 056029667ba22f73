import {
  VIR_DOMAIN_CPU_STATS_CPUTIME,
  VIR_DOMAIN_CPU_STATS_SYSTEMTIME,
  VIR_DOMAIN_CPU_STATS_USERTIME,
  VIR_DOMAIN_CPU_STATS_VCPUTIME,
} from '../../src/hypervisor/constants.js';
import type { TypedParameter } from '../../src/hypervisor/index.js';
import {
  CommandError,
  defineCommand,
  domainOf,
  domainOption,
  orFail,
  SilentFailure,
  typedValueText,
} from '../../src/shell/index.js';
import { parametersShape } from './tunable-parameters.js';

export default defineCommand({
  name: 'cpu-stats',
  group: 'domain',
  summary: 'show domain cpu statistics',
  description: "Display per-CPU and total statistics about the domain's CPUs",
  manual: [
    'Shows the CPU time that a guest has used: on each CPU of the host, and together (--total for that alone). It needs cgroups.',
  ],
  options: [
    domainOption('domain-active'),
    { name: 'total', type: 'flag', help: 'Show total statistics only' },
    { name: 'start', type: 'int', help: 'Show statistics from this CPU' },
    { name: 'count', type: 'int', help: 'Number of shown CPUs at most' },
  ],
  json: {
    object: {
      'cpus?': { list: { object: { cpu: 'integer', stats: parametersShape } } },
      'total?': parametersShape,
    },
  },
  async run(context, args) {
    const domain = await domainOf(context, args);
    const start = args.int('start');
    if (start !== undefined && start < 0) throw new CommandError('Invalid value for start CPU');
    const wanted = args.int('count');
    if (wanted !== undefined && wanted < 0)
      throw new CommandError('Invalid value for number of CPUs to show');
    const perCpu = start !== undefined || wanted !== undefined || !args.flag('total');
    const total = args.flag('total') || (start === undefined && wanted === undefined);
    const failure = `Failed to retrieve CPU statistics for domain '${domain.name}'`;
    const show = (parameters: readonly TypedParameter[]): void => {
      for (const parameter of parameters)
        context.output.print(`\t${parameter.field.padEnd(12)} ${statText(parameter)}\n`);
    };
    const values = (parameters: readonly TypedParameter[]) =>
      Object.fromEntries(parameters.map(({ field, value }) => [field, value]));
    const emitted: Record<string, unknown> = {};
    if (perCpu) {
      const cpus: { cpu: number; stats: unknown }[] = [];
      const maximum = await orFail(failure, domain.getCPUStatsCount());
      let cpu = start ?? 0;
      if (cpu >= maximum) {
        throw new CommandError(`Start CPU ${cpu} is out of range (min: 0, max: ${maximum - 1})`);
      }
      if (wanted !== undefined && wanted > maximum) {
        context.output.print(`Only ${maximum} CPUs available to show\n`);
      }
      let left = wanted === undefined || wanted > maximum ? maximum - cpu : wanted;
      while (left > 0) {
        const count = Math.min(left, 128);
        for (const [index, stats] of (await orFail(failure, domain.getCPUStats(cpu, count))).entries()) {
          if (stats.length === 0) continue;
          context.output.print(`CPU${cpu + index}:\n`);
          show(stats);
          cpus.push({ cpu: cpu + index, stats: values(stats) });
        }
        cpu += count;
        left -= count;
      }
      emitted.cpus = cpus;
    }
    if (total) {
      const [stats = []] = await orFail(failure, domain.getCPUStats(-1, 1));
      if (stats.length === 0) {
        context.output.print('No total stats available');
        throw new SilentFailure('no statistics');
      }
      context.output.print('Total:\n');
      show(stats);
      emitted.total = values(stats);
    }
    context.emit(emitted);
  },
});

const times: readonly string[] = [
  VIR_DOMAIN_CPU_STATS_CPUTIME,
  VIR_DOMAIN_CPU_STATS_VCPUTIME,
  VIR_DOMAIN_CPU_STATS_USERTIME,
  VIR_DOMAIN_CPU_STATS_SYSTEMTIME,
];

/** Times in seconds, anything else as it is. */
function statText(parameter: TypedParameter): string {
  if (!times.includes(parameter.field) || parameter.type !== 'ullong') return typedValueText(parameter);
  const { value } = parameter;
  const whole = String(value / 1_000_000_000n).padStart(9);
  return `${whole}.${String(value % 1_000_000_000n).padStart(9, '0')} seconds`;
}
