import {
  VIR_DOMAIN_MEMORY_HARD_LIMIT,
  VIR_DOMAIN_MEMORY_MIN_GUARANTEE,
  VIR_DOMAIN_MEMORY_PARAM_UNLIMITED,
  VIR_DOMAIN_MEMORY_SOFT_LIMIT,
  VIR_DOMAIN_MEMORY_SWAP_HARD_LIMIT,
} from '../../src/hypervisor/constants.js';
import type { TypedParameter } from '../../src/hypervisor/index.js';
import {
  CommandError,
  defineCommand,
  domainOf,
  domainOption,
  parseScaled,
  parseWhole,
  typedValueText,
} from '../../src/shell/index.js';
import { affectOptions, affectRules } from './affect-options.js';
import { tune } from './tunable-parameters.js';

export default defineCommand({
  name: 'memtune',
  group: 'domain',
  summary: 'Get or set memory parameters',
  description:
    'Get or set the current memory parameters for a guest domain.\n    To get the memory parameters use following command: \n\n    virsh # memtune <domain>',
  manual: [
    "Shows or sets how much of the host's memory a guest and its QEMU may use, as the kernel's cgroups hold it to: -1 for no limit, sizes without a unit in KiB. A hard limit that is too low has QEMU killed.",
  ],
  options: [
    domainOption(),
    { name: 'hard-limit', type: 'int', help: 'Max memory, as scaled integer (default KiB)' },
    { name: 'soft-limit', type: 'int', help: 'Memory during contention, as scaled integer (default KiB)' },
    { name: 'swap-hard-limit', type: 'int', help: 'Max memory plus swap, as scaled integer (default KiB)' },
    { name: 'min-guarantee', type: 'int', help: 'Min guaranteed memory, as scaled integer (default KiB)' },
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
    const changes = limits.flatMap(([option, field]): TypedParameter[] => {
      const text = args.raw(option);
      return text === undefined ? [] : [{ field, type: 'ullong', value: limitOf(option, text) }];
    });
    await tune(context, {
      changes,
      get: () => domain.getMemoryParameters(flags),
      set: (parameters) => domain.setMemoryParameters(parameters, flags),
      failures: {
        count: 'Unable to get number of memory parameters',
        get: 'Unable to get memory parameters',
        set: 'Unable to change memory parameters',
      },
      valueText: (parameter) => (parameter.value === unlimited ? 'unlimited' : typedValueText(parameter)),
    });
  },
});

const unlimited = BigInt(VIR_DOMAIN_MEMORY_PARAM_UNLIMITED);

const limits = [
  ['hard-limit', VIR_DOMAIN_MEMORY_HARD_LIMIT],
  ['soft-limit', VIR_DOMAIN_MEMORY_SOFT_LIMIT],
  ['swap-hard-limit', VIR_DOMAIN_MEMORY_SWAP_HARD_LIMIT],
  ['min-guarantee', VIR_DOMAIN_MEMORY_MIN_GUARANTEE],
] as const;

const LLONG_MAX = 2n ** 63n - 1n;

/** KiB. @throws CommandError in virsh's words. */
function limitOf(option: string, text: string): bigint {
  const problem = `Unable to parse integer parameter ${option}`;
  const number = /^[ \t\n\v\f\r]*[+-]?\d+/.exec(text)?.[0];
  const value = number === undefined ? undefined : parseWhole(number);
  if (value === undefined || value > LLONG_MAX || value < -LLONG_MAX - 1n) throw new CommandError(problem);
  if (value < 0n) return unlimited;
  const scaled = parseScaled(text, 1024n, LLONG_MAX);
  if (!('value' in scaled)) throw new CommandError(problem, new Error(scaled.error));
  return (scaled.value + 1023n) / 1024n;
}
