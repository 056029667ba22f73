import {
  VIR_DOMAIN_AFFECT_CONFIG,
  VIR_DOMAIN_AFFECT_LIVE,
  VIR_DOMAIN_MEM_MAXIMUM,
} from '../../src/hypervisor/constants.js';
import { defineCommand, domainOf, domainOption, exclusive, orFail } from '../../src/shell/index.js';

export default defineCommand({
  name: 'setmaxmem',
  group: 'domain',
  summary: 'change maximum memory limit',
  description: 'Change the maximum memory allocation limit in the guest domain.',
  manual: [
    'Sets how much memory the guest has to boot with, which a QEMU guest can only be given while it is shut off. Sizes without a unit are KiB.',
  ],
  options: [
    domainOption(),
    { name: 'kilobytes', type: 'alias', target: 'size', help: '' },
    {
      name: 'size',
      type: 'scaled',
      required: true,
      help: 'new maximum memory size, as scaled integer (default KiB)',
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
    await orFail(
      'Unable to change MaxMemorySize',
      domain.setMemoryFlags(kibibytes, args.bits() | VIR_DOMAIN_MEM_MAXIMUM),
    );
  },
});
