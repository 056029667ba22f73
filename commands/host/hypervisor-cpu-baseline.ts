import {
  VIR_CONNECT_BASELINE_CPU_EXPAND_FEATURES,
  VIR_CONNECT_BASELINE_CPU_MIGRATABLE,
} from '../../src/hypervisor/constants.js';
import { CommandError, defineCommand, exclusive } from '../../src/shell/index.js';
import { cpuDefinitions } from './cpu-definitions.js';
import { hypervisorOptions } from './hypervisor-options.js';

export default defineCommand({
  name: 'hypervisor-cpu-baseline',
  group: 'host',
  summary: 'compute baseline CPU usable by a specific hypervisor',
  description:
    'Compute baseline CPU for a set of given CPUs. The result will be tailored to the specified hypervisor.',
  manual: [
    'As cpu-baseline, but with what the emulator can do taken into account. The file may hold cpu elements, domains, ' +
      'and the capabilities of hosts and of domains (domcapabilities), one after the other. With --model and ' +
      '--features, shows what a CPU model consists of.',
  ],
  options: [
    { name: 'file', type: 'string', completer: 'path', help: 'file containing XML CPU descriptions' },
    ...hypervisorOptions,
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
    {
      name: 'model',
      type: 'string',

      help: 'Shortcut for calling the command with a single CPU model and no additional features',
    },
  ],
  rules: [exclusive('file', 'model')],
  json: { object: { xml: 'string' } },
  async run(context, args) {
    const file = args.optional('file');
    const virttype = args.optional('virttype') ?? null;
    const emulator = args.optional('emulator') ?? null;
    const arch = args.optional('arch') ?? null;
    const machine = args.optional('machine') ?? null;
    const model = args.optional('model');
    let definitions: string[];
    if (file !== undefined) definitions = await cpuDefinitions(context.connection, file);
    // As it is, not escaped: libvirt then tells what is wrong with it, as under virsh.
    else if (model !== undefined) definitions = [`<cpu><model>${model}</model></cpu>`];
    else throw new CommandError('Either --file or --model must be provided');
    const xml = await context.connection.baselineHypervisorCPU(
      emulator,
      arch,
      machine,
      virttype,
      definitions,
      args.bits(),
    );
    context.emit({ xml });
    context.output.print(xml);
  },
});
