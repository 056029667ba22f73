import { VIR_DOMAIN_AFFECT_LIVE } from '../../src/hypervisor/constants.js';
import { cpuRanges, cpusOfMap, defineCommand, domainOf, domainOption } from '../../src/shell/index.js';
import { affectOptions, affectRules } from './affect-options.js';
import { countHostCpus, cpuMapOf } from './cpu-list.js';

export default defineCommand({
  name: 'emulatorpin',
  group: 'domain',
  summary: 'control or query domain emulator affinity',
  description: 'Pin domain emulator threads to host physical CPUs.',
  manual: [
    'Shows on which CPUs of the host the threads of QEMU itself may run (all but those of virtual CPUs and IOThreads), or sets it.',
  ],
  options: [
    domainOption(),
    {
      name: 'cpulist',
      type: 'string',
      completer: 'host-cpu-any',
      help: 'host cpu number(s) to set, or omit option to query',
    },
    ...affectOptions,
  ],
  rules: [...affectRules],
  json: { oneOf: [{ object: { affinity: { list: 'integer' } } }, { object: { message: 'string' } }] },
  async run(context, args) {
    const cpulist = args.optional('cpulist');
    const domain = await domainOf(context, args);
    const hostCpus = await countHostCpus(context.connection);
    const chosen = args.bits() !== 0 || args.flag('current');
    if (cpulist !== undefined) {
      const map = cpuMapOf(cpulist, hostCpus);
      await domain.pinEmulator(map, chosen ? args.bits() : VIR_DOMAIN_AFFECT_LIVE);
      return;
    }
    const map = await domain.getEmulatorPinInfo(Math.ceil(hostCpus / 8), args.bits());
    if (!map) return;
    context.emit({ affinity: cpusOfMap(map) });
    context.output.extra('emulator: CPU Affinity\n');
    context.output.extra('----------------------------------\n');
    context.output.extra('       *: ');
    context.output.print(`${cpuRanges(map)}\n`);
  },
});
