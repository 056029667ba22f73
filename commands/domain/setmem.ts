import { VIR_DOMAIN_AFFECT_LIVE } from '../../src/hypervisor/constants.js';
import { defineCommand, domainOf, domainOption } from '../../src/shell/index.js';
import { affectOptions, affectRules } from './affect-options.js';
import { kibibytesOf, memorySize } from './memory-size.js';

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
    ...memorySize('new memory size, as scaled integer (default KiB)'),
    ...affectOptions,
  ],
  rules: affectRules,
  async run(context, args) {
    const domain = await domainOf(context, args);
    const kibibytes = kibibytesOf(args.scaled('size', 1024));
    const chosen = args.has('config') || args.has('live') || args.has('current');
    await domain.setMemoryFlags(kibibytes, chosen ? args.bits() : VIR_DOMAIN_AFFECT_LIVE);
  },
});
