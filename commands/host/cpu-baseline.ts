import {
  VIR_CONNECT_BASELINE_CPU_EXPAND_FEATURES,
  VIR_CONNECT_BASELINE_CPU_MIGRATABLE,
} from '../../src/hypervisor/constants.js';
import { defineCommand } from '../../src/shell/index.js';
import { cpuDefinitions } from './cpu-definitions.js';

export default defineCommand({
  name: 'cpu-baseline',
  group: 'host',
  summary: 'compute baseline CPU',
  description: 'Compute baseline CPU for a set of given CPUs.',
  manual: [
    'The baseline is the most capable CPU that every one of the given CPUs can run: what a guest may be given if it ' +
      'is to migrate between those hosts. The file may hold cpu elements, domains, and the capabilities of hosts, ' +
      'one after the other.',
    'hypervisor-cpu-baseline also heeds what the emulator can do, and is usually what is wanted.',
  ],
  options: [
    {
      name: 'file',
      type: 'string',
      required: true,
      completer: 'path',
      help: 'file containing XML CPU descriptions',
    },
    {
      name: 'features',
      type: 'flag',
      bit: VIR_CONNECT_BASELINE_CPU_EXPAND_FEATURES,
      help: 'Show features that are part of the CPU model type',
    },
    {
      name: 'migratable',
      type: 'flag',
      bit: VIR_CONNECT_BASELINE_CPU_MIGRATABLE,
      help: 'Do not include features that block migration',
    },
  ],
  json: { object: { xml: 'string' } },
  async run(context, args) {
    const definitions = await cpuDefinitions(context.connection, args.text('file'));
    const xml = await context.connection.baselineCPU(definitions, args.bits());
    context.emit({ xml });
    context.output.print(xml);
  },
});
