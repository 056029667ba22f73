import type { QmpClient } from './client.js';
import type { PciDevice } from './schema/machine.js';

/** What can be plugged into: a bus by its number as the guest has it. */
export interface PciBusPlace {
  /** What device_add calls it; undefined for one that no -device made. */
  readonly name: string | undefined;
  readonly isRoot: boolean;
  readonly devices: readonly PciDevice[];
}

/** The PCI buses of a machine, by number, with what is on each. */
export async function pciBuses(qmp: QmpClient): Promise<ReadonlyMap<number, PciBusPlace>> {
  const found = new Map<number, PciBusPlace>();
  const below = (devices: readonly PciDevice[]): void => {
    for (const { qdev_id: id, pci_bridge: bridge } of devices) {
      if (!bridge) continue;
      const inside = bridge.devices ?? [];
      // A bridge's bus has the bridge's id. Those that firmware has not numbered yet are all 0.
      if (bridge.bus.secondary !== 0) {
        found.set(bridge.bus.secondary, { name: id || undefined, isRoot: false, devices: inside });
      }
      below(inside);
    }
  };
  for (const { bus, devices } of await qmp.execute('query-pci')) {
    found.set(bus, { name: undefined, isRoot: true, devices });
    below(devices);
  }
  return found;
}

/** A PCI Express port with nothing in it; undefined where there is none, and QEMU has to find a place itself. */
export async function freePort(qmp: QmpClient): Promise<string | undefined> {
  const ports = (devices: readonly PciDevice[]): PciDevice[] =>
    devices.flatMap((device) =>
      device.pci_bridge ? [device, ...ports(device.pci_bridge.devices ?? [])] : [],
    );
  const all = (await qmp.execute('query-pci')).flatMap(({ devices }) => ports(devices));
  // A bridge's bus has the bridge's id; 0x0604 is the class of PCI bridges, and express ports hold one device each.
  return all.find(({ qdev_id: id, pci_bridge: bridge }) => id !== '' && (bridge?.devices ?? []).length === 0)
    ?.qdev_id;
}
