import {
  VIR_CONNECT_COMPARE_CPU_FAIL_INCOMPATIBLE,
  VIR_CONNECT_COMPARE_CPU_VALIDATE_XML,
} from '../../src/hypervisor/constants.js';
import { defineCommand, orFail, xmlFileOption } from '../../src/shell/index.js';
import { comparisonShape, tellComparison } from './cpu-comparison.js';
import { cpuDefinitions } from './cpu-definitions.js';

export default defineCommand({
  name: 'cpu-compare',
  group: 'host',
  summary: 'compare host CPU with a CPU described by an XML file',
  description: 'compare CPU with host CPU',
  manual: [
    'Tells whether the host has everything that the first CPU in the file has. The file may hold a cpu element, a ' +
      'domain, or the capabilities of a host. The exit status is 1 if they are incompatible; --error also says why.',
  ],
  options: [
    xmlFileOption('an XML CPU description'),
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
    const [definition = ''] = await cpuDefinitions(context.connection, file);
    const failed = `Failed to compare host CPU with ${file}`;
    const result = await orFail(failed, context.connection.compareCPU(definition, args.bits()));
    tellComparison(context, result, {
      incompatible: `CPU described in ${file} is incompatible with host CPU`,
      identical: `CPU described in ${file} is identical to host CPU`,
      superset: `Host CPU is a superset of CPU described in ${file}`,
      failed,
    });
  },
});
