import type { QmpClient } from '../qmp/index.js';

/** A device that the user gave, by its place in QEMU's tree of objects. */
export interface QomDevice {
  readonly path: string;
  /** Undefined where it was given none. */
  readonly id: string | undefined;
  /** The device's own name: `virtio-net-pci`. */
  readonly type: string;
}

/** The devices of a machine that have been given with -device or device_add, by name; those with an id first. */
export async function qomDevices(qmp: QmpClient): Promise<QomDevice[]> {
  const [named, anonymous] = await qmp.executeTogether([
    { execute: 'qom-list', arguments: { path: '/machine/peripheral' } },
    { execute: 'qom-list', arguments: { path: '/machine/peripheral-anon' } },
  ]);
  if (named.status === 'rejected') throw named.reason;
  if (anonymous.status === 'rejected') throw anonymous.reason;
  const devices = (folder: string, list: typeof named.value, isNamed: boolean): QomDevice[] =>
    list
      .flatMap(({ name, type }) => {
        const [, device] = /^child<(.*)>$/.exec(type) ?? [];
        return device === undefined
          ? []
          : [{ path: `${folder}/${name}`, id: isNamed ? name : undefined, type: device }];
      })
      // QEMU's order is that of a hash table.
      .sort((one, other) => one.path.localeCompare(other.path, 'en', { numeric: true }));
  return [
    ...devices('/machine/peripheral', named.value, true),
    ...devices('/machine/peripheral-anon', anonymous.value, false),
  ];
}
