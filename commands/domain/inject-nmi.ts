import { defineCommand, domainOf, domainOption } from '../../src/shell/index.js';

export default defineCommand({
  name: 'inject-nmi',
  group: 'domain',
  summary: 'Inject NMI to the guest',
  description: 'Inject NMI to the guest domain.',
  manual: [
    'A non-maskable interrupt reaches a guest that listens to nothing else; many are set up to write a crash dump on it, others ignore it.',
  ],
  options: [domainOption('domain-active')],
  async run(context, args) {
    await (await domainOf(context, args)).injectNMI();
  },
});
