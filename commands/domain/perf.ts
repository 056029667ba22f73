import type { TypedParameter } from '../../src/hypervisor/index.js';
import { defineCommand, domainOf, domainOption } from '../../src/shell/index.js';
import { affectOptions, affectRules } from './affect-options.js';
import { tune } from './tunable-parameters.js';

const events = [
  'cmt',
  'mbmt',
  'mbml',
  'cpu_cycles',
  'instructions',
  'cache_references',
  'cache_misses',
  'branch_instructions',
  'branch_misses',
  'bus_cycles',
  'stalled_cycles_frontend',
  'stalled_cycles_backend',
  'ref_cpu_cycles',
  'cpu_clock',
  'task_clock',
  'page_faults',
  'context_switches',
  'cpu_migrations',
  'page_faults_min',
  'page_faults_maj',
  'alignment_faults',
  'emulation_faults',
];

export default defineCommand({
  name: 'perf',
  group: 'domain',
  summary: 'Get or set perf event',
  description:
    'Get or set the current perf events for a guest domain.\n    To get the perf events list use following command: \n\n    virsh # perf <domain>',
  manual: [
    'Shows which performance counters the host keeps for a guest, or switches some on or off; `domstats --perf` reads them.',
  ],
  options: [
    domainOption(),
    {
      name: 'enable',
      type: 'string',
      values: events,
      valueList: true,
      help: 'perf events which will be enabled',
    },
    {
      name: 'disable',
      type: 'string',
      values: events,
      valueList: true,
      help: 'perf events which will be disabled',
    },
    ...affectOptions,
  ],
  rules: [...affectRules],
  json: { oneOf: [{ map: 'boolean' }, { object: { message: 'string' } }] },
  async run(context, args) {
    const enable = args.optional('enable');
    const disable = args.optional('disable');
    const domain = await domainOf(context, args);
    const flags = args.bits();
    const named = (list: string | undefined, value: boolean): TypedParameter[] =>
      (list ?? '').split(',').flatMap((field) => (field === '' ? [] : [{ field, type: 'boolean', value }]));
    const changes = [...named(enable, true), ...named(disable, false)];
    await tune(context, {
      changes,
      get: () => domain.getPerfEvents(flags),
      set: (parameters) => domain.setPerfEvents(parameters, flags),
      failures: {
        count: 'Unable to get perf events',
        get: 'Unable to get perf events',
        set: 'Unable to enable/disable perf events',
      },
      valueText: ({ value }) => (value === true ? 'enabled' : 'disabled'),
    });
    for (const { field, value } of changes) {
      context.output.print(`${field.padEnd(15)}: ${value === true ? 'enabled' : 'disabled'}\n`);
    }
  },
});
