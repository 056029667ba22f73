import { VIR_DOMAIN_AFFECT_CONFIG, VIR_DOMAIN_AFFECT_LIVE } from '../../src/hypervisor/constants.js';
import { defineCommand, domainOf, domainOption, exclusive } from '../../src/shell/index.js';

export default defineCommand({
  name: 'setmem',
  group: 'domain',
  summary: 'change memory allocation',
  description: 'Change the current memory allocation in the guest domain.',
  manual: [
    'Asks the guest through its balloon device to use so much memory, at most what `setmaxmem` has set. A guest without a balloon driver does not obey. Without --config, --live or --current the running guest is meant. Sizes without a unit are KiB.',
  ],
  options: [
    domainOption(),
    { name: 'kilobytes', type: 'alias', target: 'size', help: '' },
    {
      name: 'size',
      type: 'scaled',
      required: true,
      help: 'new memory size, as scaled integer (default KiB)',
    },
    { name: 'config', type: 'flag', bit: VIR_DOMAIN_AFFECT_CONFIG, help: 'affect next boot' },
    { name: 'live', type: 'flag', bit: VIR_DOMAIN_AFFECT_LIVE, help: 'affect running domain' },
    { name: 'current', type: 'flag', help: 'affect current domain' },
  ],
  rules: [exclusive('current', 'live'), exclusive('current', 'config')],
  async run(context, args) {
    const domain = await domainOf(context, args);
    const bytes = args.scaled('size', 1024) ?? 0n;
    const kibibytes = (bytes + 1023n) / 1024n;
    const chosen = args.has('config') || args.has('live') || args.has('current');
    await domain.setMemoryFlags(kibibytes, chosen ? args.bits() : VIR_DOMAIN_AFFECT_LIVE);
  },
});
