import { readFile } from 'node:fs/promises';
import {
  VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT,
  VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_ARP,
  VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE,
  VIR_ERR_ARGUMENT_UNSUPPORTED,
  VIR_ERR_OPERATION_FAILED,
  VIR_FROM_QEMU,
  VIR_IP_ADDR_TYPE_IPV4,
  VIR_IP_ADDR_TYPE_IPV6,
} from '../../hypervisor/constants.js';
import type { DomainDevices, DomainInterface } from '../../hypervisor/domain-devices.js';
import { HypervisorError } from '../../hypervisor/errors.js';
import type { QmpClient } from '../../qmp/index.js';
import { askAgent } from './agent.js';
import { expectList, expectObject } from './agent-answers.js';
import type { BareDomain } from './bare-domain.js';
import { refuseConfig } from './cpus.js';
import { inModel } from './errors.js';
import { interfaceChange } from './interface-change.js';
import { noteLink } from './link-states.js';

/** A network card of a guest. */
export interface GuestInterface {
  /** Its device's id, or what QEMU calls it where it has none. */
  readonly name: string;
  readonly model: string;
  readonly mac: string;
  /** What it is plugged into, as QEMU has it: `user`, `tap`, `bridge`, …; undefined if nothing is at the other end. */
  readonly backend: string | undefined;
  /** The device on the host that is the other end. */
  readonly device: string | undefined;
}

type Interfaces = Pick<DomainDevices, 'interfaceAddresses' | 'updateDeviceFlags'>;

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
    updateDeviceFlags: (xml, flags = 0) =>
      inModel(async () => {
        refuseConfig(flags);
        const { mac, target, up } = interfaceChange(xml);
        const guest = await domain.guest();
        const found = (await guestInterfaces(guest.qmp)).find(
          (each) => each.name === target || (target === undefined && each.mac === mac),
        );
        if (!found) {
          throw failure(
            VIR_ERR_OPERATION_FAILED,
            `operation failed: no device matching MAC address ${mac} found`,
          );
        }
        await guest.qmp.execute('set_link', { name: found.name, up });
        await noteLink(guest, found.name, up);
      }),
  };
}

const failure = (code: number, text: string): HypervisorError =>
  new HypervisorError(text, { code, domain: VIR_FROM_QEMU });

/** The network cards, in QEMU's order. Only the human monitor tells of all models, and of what they are plugged into. */
export async function guestInterfaces(qmp: QmpClient): Promise<GuestInterface[]> {
  const text = await qmp.execute('human-monitor-command', { 'command-line': 'info network' });
  const found: GuestInterface[] = [];
  // A card's line is followed by that of the other end, indented; ends without a card and hubs have lines of their own.
  let open = false;
  for (const line of text.split(/\r?\n/)) {
    const [, peer, name = '', about = ''] = /^( \\ )?(.*?): index=\d+,(.*)$/.exec(line) ?? [];
    const value = (key: string): string | undefined => new RegExp(`(?:^|,)${key}=([^,]*)`).exec(about)?.[1];
    const type = value('type');
    if (peer === undefined) {
      open = type === 'nic';
      if (!open) continue;
      const [model, mac] = [value('model') ?? '', value('macaddr') ?? ''];
      found.push({ name, model, mac, backend: undefined, device: undefined });
    } else if (open) {
      const card = found.pop();
      if (card) found.push({ ...card, backend: type, device: value('ifname') });
    }
  }
  return found;
}

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
