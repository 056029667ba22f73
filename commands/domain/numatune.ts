import { VIR_DOMAIN_NUMA_MODE, VIR_DOMAIN_NUMA_NODESET } from '../../src/hypervisor/constants.js';
import type { TypedParameter } from '../../src/hypervisor/index.js';
import {
  CommandError,
  defineCommand,
  domainOf,
  domainOption,
  parseWhole,
  typedValueText,
} from '../../src/shell/index.js';
import { affectOptions, affectRules } from './affect-options.js';
import { tune } from './tunable-parameters.js';

const numaModes = ['strict', 'preferred', 'interleave', 'restrictive'];

export default defineCommand({
  name: 'numatune',
  group: 'domain',
  summary: 'Get or set numa parameters',
  description:
    'Get or set the current numa parameters for a guest domain.\n    To get the numa parameters use following command: \n\n    virsh # numatune <domain>',
  manual: [
    'Shows or sets from which NUMA nodes of the host a guest gets its memory (--nodeset 0-1,3), and how strictly.',
  ],
  options: [
    domainOption(),
    {
      name: 'mode',
      type: 'string',
      values: numaModes,
      help: 'NUMA mode, one of strict, preferred and interleave \nor a number from the virDomainNumatuneMemMode enum',
    },
    { name: 'nodeset', type: 'string', help: 'NUMA node selections to set' },
    ...affectOptions,
  ],
  rules: [...affectRules],
  json: {
    oneOf: [
      { map: { oneOf: ['integer', 'number', 'string', 'boolean'] } },
      { object: { message: 'string' } },
    ],
  },
  async run(context, args) {
    const domain = await domainOf(context, args);
    const flags = args.bits();
    const changes: TypedParameter[] = [];
    const nodeset = args.optional('nodeset');
    if (nodeset !== undefined)
      changes.push({ field: VIR_DOMAIN_NUMA_NODESET, type: 'string', value: nodeset });
    const mode = args.optional('mode');
    if (mode !== undefined) changes.push({ field: VIR_DOMAIN_NUMA_MODE, type: 'int', value: modeOf(mode) });
    await tune(context, {
      changes,
      get: () => domain.getNumaParameters(flags),
      set: (parameters) => domain.setNumaParameters(parameters, flags),
      failures: {
        count: 'Unable to get number of memory parameters',
        get: 'Unable to get numa parameters',
        set: 'Unable to change numa parameters',
      },
      valueText: (parameter) =>
        parameter.field === VIR_DOMAIN_NUMA_MODE
          ? (numaModes[Number(parameter.value)] ?? String(parameter.value))
          : typedValueText(parameter),
    });
  },
});

/** A mode by its name, or by its number, which a newer libvirt may know. @throws CommandError */
function modeOf(text: string): number {
  const mode = numaModes.indexOf(text);
  if (mode >= 0) return mode;
  const number = parseWhole(text);
  if (number === undefined) throw new CommandError(`Invalid mode: ${text}`);
  return Number(number);
}
