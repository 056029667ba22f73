import { defineCommand, domainOf, domainOption, orFail } from '../../src/shell/index.js';

export default defineCommand({
  name: 'domifstat',
  group: 'monitor',
  summary: 'get network interface stats for a domain',
  description: 'Get network interface stats for a running domain.',
  manual: [
    'Bytes and packets as the guest sees them: rx is what it received, tx what it sent. Only what the hypervisor ' +
      'can tell is printed.',
  ],
  options: [
    domainOption('domain-active'),
    {
      name: 'interface',
      type: 'string',
      required: true,
      completer: 'interface',
      help: 'interface device specified by name or MAC Address',
    },
  ],
  json: {
    object: {
      interface: 'string',
      'rxBytes?': 'integer',
      'rxPackets?': 'integer',
      'rxErrors?': 'integer',
      'rxDrops?': 'integer',
      'txBytes?': 'integer',
      'txPackets?': 'integer',
      'txErrors?': 'integer',
      'txDrops?': 'integer',
    },
  },
  async run(context, args) {
    const domain = await domainOf(context, args);
    const device = args.text('interface');
    const stats = await orFail(
      `Failed to get interface stats ${args.text('domain')} ${device}`,
      domain.interfaceStats(device),
    );
    const values: [word: string, property: string, value: bigint][] = [
      ['rx_bytes', 'rxBytes', stats.rxBytes],
      ['rx_packets', 'rxPackets', stats.rxPackets],
      ['rx_errs', 'rxErrors', stats.rxErrs],
      ['rx_drop', 'rxDrops', stats.rxDrop],
      ['tx_bytes', 'txBytes', stats.txBytes],
      ['tx_packets', 'txPackets', stats.txPackets],
      ['tx_errs', 'txErrors', stats.txErrs],
      ['tx_drop', 'txDrops', stats.txDrop],
    ];
    const known = values.filter(([, , value]) => value >= 0n);
    context.emit({
      interface: device,
      ...Object.fromEntries(known.map(([, property, value]) => [property, value])),
    });
    for (const [word, , value] of known) context.output.print(`${device} ${word} ${value}\n`);
  },
});
