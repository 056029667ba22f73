import { VIR_DOMAIN_MEM_MAXIMUM } from '../../src/hypervisor/constants.js';
import { defineCommand, domainOf, domainOption, orFail } from '../../src/shell/index.js';
import { affectOptions, affectRules } from './affect-options.js';
import { kibibytesOf, memorySize } from './memory-size.js';

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
    ...memorySize('new maximum memory size, as scaled integer (default KiB)'),
    ...affectOptions,
  ],
  rules: affectRules,
  async run(context, args) {
    const domain = await domainOf(context, args);
    const kibibytes = kibibytesOf(args.scaled('size', 1024));
    await orFail(
      'Unable to change MaxMemorySize',
      domain.setMemoryFlags(kibibytes, args.bits() | VIR_DOMAIN_MEM_MAXIMUM),
    );
  },
});
