import { VIR_IP_ADDR_TYPE_IPV4, VIR_IP_ADDR_TYPE_IPV6 } from '../../src/hypervisor/constants.js';
import { defineCommand, formatTable, localTime, orFail } from '../../src/shell/index.js';
import { networkOf } from './network-option.js';

const protocols: ReadonlyMap<number, string> = new Map([
  [VIR_IP_ADDR_TYPE_IPV4, 'ipv4'],
  [VIR_IP_ADDR_TYPE_IPV6, 'ipv6'],
]);

export default defineCommand({
  name: 'net-dhcp-leases',
  group: 'network',
  summary: 'print lease info for a given network',
  description: 'Print lease info for a given network',
  options: [
    { name: 'network', type: 'string', required: true, completer: 'network', help: 'network name or uuid' },
    { name: 'mac', type: 'string', help: 'MAC address' },
  ],
  json: {
    list: {
      object: {
        iface: { oneOf: ['string', 'null'] },
        expirytime: 'integer',
        mac: { oneOf: ['string', 'null'] },
        iaid: { oneOf: ['string', 'null'] },
        ipaddr: { oneOf: ['string', 'null'] },
        prefix: 'integer',
        hostname: { oneOf: ['string', 'null'] },
        clientid: { oneOf: ['string', 'null'] },
        protocol: { oneOf: ['string', 'null'] },
      },
    },
  },
  async run(context, args) {
    const mac = args.optional('mac') ?? null;
    const network = await networkOf(context, args);
    const key = args.text('network');
    const leases = await orFail(`Failed to get leases info for ${key}`, network.getDHCPLeases(mac));
    const lower = (text: string | null): string => (text ?? '').toLowerCase();
    leases.sort((a, b) => (lower(a.mac) < lower(b.mac) ? -1 : Number(lower(a.mac) > lower(b.mac))));
    context.emit(leases.map(({ type, ...lease }) => ({ ...lease, protocol: protocols.get(type) ?? null })));
    const rows = leases.map(({ expirytime, type, mac: address, ipaddr, prefix, hostname, clientid }) => [
      localTime(expirytime),
      address ?? '-',
      protocols.get(type) ?? '-',
      `${ipaddr}/${prefix}`,
      hostname ?? '-',
      clientid ?? '-',
    ]);
    const header = ['Expiry Time', 'MAC address', 'Protocol', 'IP address', 'Hostname', 'Client ID or DUID'];
    context.output.print(await formatTable(context.output.quiet ? null : header, rows));
  },
});
