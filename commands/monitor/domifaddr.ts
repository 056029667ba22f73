import {
  VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT,
  VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_ARP,
  VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE,
  VIR_IP_ADDR_TYPE_IPV6,
} from '../../src/hypervisor/constants.js';
import { CommandError, defineCommand, domainOf, domainOption, orFail } from '../../src/shell/index.js';

const sources = new Map<string, number>([
  ['lease', VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE],
  ['agent', VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT],
  ['arp', VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_ARP],
]);

export default defineCommand({
  name: 'domifaddr',
  group: 'monitor',
  summary: "Get network interfaces' addresses for a running domain",
  description: "Get network interfaces' addresses for a running domain",
  manual: [
    'Where the addresses come from: "lease" (the default) asks the DHCP server of a libvirt network, so guests on ' +
      'other networks have none; "agent" asks the guest agent, which knows everything, loopback included; "arp" ' +
      'looks into the neighbour table of the host, which only holds what it has spoken to lately.',
  ],
  options: [
    domainOption('domain-active'),
    { name: 'interface', type: 'string', completer: 'interface', help: 'network interface name' },
    { name: 'full', type: 'flag', help: 'always display names and MACs of interfaces' },
    {
      name: 'source',
      type: 'string',
      values: ['lease', 'agent', 'arp'],
      help: "address source: 'lease', 'agent', or 'arp'",
    },
  ],
  json: {
    list: {
      object: {
        name: 'string',
        mac: { oneOf: ['string', 'null'] },
        addresses: { list: { object: { protocol: 'string', address: 'string', prefix: 'integer' } } },
      },
    },
  },
  async run(context, args) {
    const { output } = context;
    const wanted = args.optional('interface');
    const sourceName = args.optional('source') ?? 'lease';
    const source = sources.get(sourceName);
    if (source === undefined) throw new CommandError(`Unknown data source '${sourceName}'`);
    const domain = await domainOf(context, args);
    const found = await orFail('Failed to query for interfaces addresses', domain.interfaceAddresses(source));
    const interfaces = found
      .filter(({ name }) => wanted === undefined || name === wanted)
      .map(({ name, hwaddr, addrs }) => ({
        name,
        mac: hwaddr,
        addresses: addrs.map(({ type, addr, prefix }) => ({
          protocol: type === VIR_IP_ADDR_TYPE_IPV6 ? 'ipv6' : 'ipv4',
          address: addr,
          prefix,
        })),
      }));
    context.emit(interfaces);
    output.extra(` ${'Name'.padEnd(10)} ${'MAC address'.padEnd(20)} ${'Protocol'.padEnd(8)}     Address\n`);
    output.extra(`${'-'.repeat(79)}\n`);
    const row = (name: string, mac: string, protocol: string, address: string): void =>
      output.print(` ${name.padEnd(10)} ${mac.padEnd(17)}    ${protocol.padEnd(12)} ${address}\n`);
    for (const { name, mac, addresses } of interfaces) {
      if (addresses.length === 0) row(name, mac ?? 'N/A', 'N/A', 'N/A');
      for (const [index, { protocol, address, prefix }] of addresses.entries()) {
        const named = args.flag('full') || index === 0;
        row(named ? name : '-', named ? (mac ?? '') : '-', protocol, `${address}/${prefix}`);
      }
    }
  },
});
