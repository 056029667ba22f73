import {
  VIR_CONNECT_COMPARE_CPU_FAIL_INCOMPATIBLE,
  VIR_CONNECT_COMPARE_CPU_VALIDATE_XML,
} from '../../src/hypervisor/constants.js';
import { defineCommand, orFail, xmlFileOption } from '../../src/shell/index.js';
import { comparisonShape, tellComparison } from './cpu-comparison.js';
import { cpuDefinitions } from './cpu-definitions.js';
import { hypervisorOptions } from './hypervisor-options.js';

export default defineCommand({
  name: 'hypervisor-cpu-compare',
  group: 'host',
  summary: 'compare a CPU with the CPU created by a hypervisor on the host',
  description: 'compare CPU with hypervisor CPU',
  manual: [
    'As cpu-compare, but with the CPU that the emulator can give to a guest on this host. The exit status is 1 if they ' +
      'are incompatible; --error also says why.',
  ],
  options: [
    xmlFileOption('an XML CPU description'),
    ...hypervisorOptions,
    {
      name: 'error',
      type: 'flag',
      bit: VIR_CONNECT_COMPARE_CPU_FAIL_INCOMPATIBLE,
      help: 'report error if CPUs are incompatible',
    },
    {
      name: 'validate',
      type: 'flag',
      bit: VIR_CONNECT_COMPARE_CPU_VALIDATE_XML,
      help: 'validate the XML document against schema',
    },
  ],
  json: comparisonShape,
  async run(context, args) {
    const file = args.text('file');
    const virttype = args.optional('virttype') ?? null;
    const emulator = args.optional('emulator') ?? null;
    const arch = args.optional('arch') ?? null;
    const machine = args.optional('machine') ?? null;
    const [definition = ''] = await cpuDefinitions(context.connection, file);
    const failed = `Failed to compare hypervisor CPU with ${file}`;
    const result = await orFail(
      failed,
      context.connection.compareHypervisorCPU(emulator, arch, machine, virttype, definition, args.bits()),
    );
    tellComparison(context, result, {
      incompatible: `CPU described in ${file} is incompatible with the CPU provided by hypervisor on the host`,
      identical: `CPU described in ${file} is identical to the CPU provided by hypervisor on the host`,
      superset: `The CPU provided by hypervisor on the host is a superset of CPU described in ${file}`,
      failed,
    });
  },
});
