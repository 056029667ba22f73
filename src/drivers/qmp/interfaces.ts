import { readFile } from 'node:fs/promises';
import {
  VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT,
  VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_ARP,
  VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE,
  VIR_ERR_ARGUMENT_UNSUPPORTED,
  VIR_FROM_QEMU,
  VIR_IP_ADDR_TYPE_IPV4,
  VIR_IP_ADDR_TYPE_IPV6,
} from '../../hypervisor/constants.js';
import type { DomainDevices, DomainInterface } from '../../hypervisor/domain-devices.js';
import { HypervisorError } from '../../hypervisor/errors.js';
import { type GuestInterface, guestInterfaces } from '../../plug/guest-interfaces.js';
import { askAgent } from './agent.js';
import { expectList, expectObject } from './agent-answers.js';
import type { BareDomain } from './bare-domain.js';
import { inModel } from './errors.js';

type Interfaces = Pick<DomainDevices, 'interfaceAddresses'>;

/** The network cards of a bare QEMU. */
export function interfaces(domain: BareDomain): Interfaces {
  return {
    interfaceAddresses: (source) =>
      inModel(async () => {
        switch (source) {
          case VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT:
            return agentAddresses(domain);
          case VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_ARP:
            return neighbours(await guestInterfaces((await domain.guest()).qmp));
          case VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE:
            // Those are of libvirt's networks, on which no card of a bare QEMU is.
            return [];
          default:
            throw failure(
              VIR_ERR_ARGUMENT_UNSUPPORTED,
              `argument unsupported: Unknown IP address data source ${source}`,
            );
        }
      }),
  };
}

const failure = (code: number, text: string): HypervisorError =>
  new HypervisorError(text, { code, domain: VIR_FROM_QEMU });

async function agentAddresses(domain: BareDomain): Promise<DomainInterface[]> {
  const answer = await askAgent(domain, (agent) => agent.execute('guest-network-get-interfaces'));
  return expectList(answer).map((each) => {
    const card = expectObject(each);
    return {
      name: String(card.name),
      hwaddr: typeof card['hardware-address'] === 'string' ? card['hardware-address'] : null,
      addrs: expectList(card['ip-addresses'] ?? []).map((one) => {
        const address = expectObject(one);
        return {
          type: address['ip-address-type'] === 'ipv6' ? VIR_IP_ADDR_TYPE_IPV6 : VIR_IP_ADDR_TYPE_IPV4,
          addr: String(address['ip-address']),
          prefix: Number(address.prefix),
        };
      }),
    };
  });
}

/** What the host's own neighbour table knows: IPv4 addresses it has spoken to. */
async function neighbours(cards: readonly GuestInterface[]): Promise<DomainInterface[]> {
  const table = (await readFile('/proc/net/arp', 'utf8')).split('\n').slice(1);
  const entries = table.flatMap((line) => {
    const [address, , , mac] = line.split(/\s+/);
    return address && mac ? [{ address, mac: mac.toLowerCase() }] : [];
  });
  return cards.flatMap(({ name, device, mac }) => {
    const addrs = entries
      .filter((entry) => entry.mac === mac.toLowerCase())
      .map(({ address }) => ({ type: VIR_IP_ADDR_TYPE_IPV4, addr: address, prefix: 0 }));
    return addrs.length === 0 ? [] : [{ name: device ?? name, hwaddr: mac, addrs }];
  });
}
