import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  VIR_ERR_INVALID_ARG,
  VIR_ERR_OPERATION_UNSUPPORTED,
  VIR_FROM_QEMU,
} from '../../hypervisor/constants.js';
import type { DomainDevices, InterfaceStats } from '../../hypervisor/domain-devices.js';
import { HypervisorError } from '../../hypervisor/errors.js';
import { type GuestInterface, guestInterfaces } from '../../plug/guest-interfaces.js';
import type { BareDomain } from './bare-domain.js';
import { inModel } from './errors.js';

const DEVICES = '/sys/class/net';

/** What has gone through a guest's network card: the host counts it where the card's other end is a device of its own. */
export function interfaceStats(domain: BareDomain): Pick<DomainDevices, 'interfaceStats'> {
  return {
    interfaceStats: (name) =>
      inModel(async () => {
        const cards = await guestInterfaces((await domain.guest()).qmp);
        const card = cards.find(
          (each) =>
            each.device === name || each.name === name || each.mac.toLowerCase() === name.toLowerCase(),
        );
        if (!card)
          throw failure(
            VIR_ERR_INVALID_ARG,
            `invalid argument: invalid path, '${name}' is not a known interface`,
          );
        const found = await countersOf(card);
        if (!found) {
          throw failure(
            VIR_ERR_OPERATION_UNSUPPORTED,
            `Operation not supported: nobody counts what goes through '${name}': it is not plugged into a device of this host`,
          );
        }
        return found;
      }),
  };
}

/** @returns undefined if the other end is no device of this host. */
export async function countersOf({ device }: GuestInterface): Promise<InterfaceStats | undefined> {
  if (device === undefined || !/^[^/]{1,15}$/.test(device) || device === '.' || device === '..')
    return undefined;
  const count = async (name: string): Promise<bigint> =>
    BigInt((await readFile(join(DEVICES, device, 'statistics', name), 'utf8')).trim());
  try {
    // What the host sends into the device is what the guest gets.
    return {
      rxBytes: await count('tx_bytes'),
      rxPackets: await count('tx_packets'),
      rxErrs: await count('tx_errors'),
      rxDrop: await count('tx_dropped'),
      txBytes: await count('rx_bytes'),
      txPackets: await count('rx_packets'),
      txErrs: await count('rx_errors'),
      txDrop: await count('rx_dropped'),
    };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

const failure = (code: number, text: string): HypervisorError =>
  new HypervisorError(text, { code, domain: VIR_FROM_QEMU });
