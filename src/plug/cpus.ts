import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { notUnplugged, refusal } from '../block/refusals.js';
import { VIR_ERR_OPERATION_TIMEOUT, VIR_FROM_QEMU } from '../hypervisor/constants.js';
import { HypervisorError } from '../hypervisor/index.js';
import { CommandFailure, type HotpluggableCpu, type QmpClient, unplug } from '../qmp/index.js';
import { writeDurably } from '../snapshot/durable-file.js';
import type { Guest } from '../snapshot/guest.js';

/** A virtual CPU, or a place for one. */
export interface CpuSlot {
  /** libvirt's number. */
  readonly number: number;
  readonly place: HotpluggableCpu;
  readonly present: boolean;
  /** Of the device, where it has one: only those can be unplugged. */
  readonly id: string | undefined;
}

/** In libvirt's order, by where they are; undefined for a machine without places to plug one in. */
export async function cpuSlots(qmp: QmpClient): Promise<CpuSlot[] | undefined> {
  let places: HotpluggableCpu[];
  try {
    places = await qmp.execute('query-hotpluggable-cpus');
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    return undefined;
  }
  const order = ['node-id', 'socket-id', 'die-id', 'cluster-id', 'core-id', 'thread-id'];
  const at = ({ props }: HotpluggableCpu, key: string): number =>
    (props as Readonly<Record<string, number | undefined>>)[key] ?? 0;
  return [...places]
    .sort((one, other) => order.map((key) => at(one, key) - at(other, key)).find((by) => by !== 0) ?? 0)
    .map((place, number) => ({
      number,
      place,
      present: place['qom-path'] !== undefined,
      id: /^\/machine\/peripheral\/([^/]+)$/.exec(place['qom-path'] ?? '')?.[1],
    }));
}

/** Has so many CPUs plugged in. @throws HypervisorError in libvirt's words. */
export async function setCpuCount(guest: Guest, count: number): Promise<void> {
  const slots = await slotsOf(guest);
  if (count > slots.length) {
    throw refusal(
      'invalid',
      `requested vcpus is greater than max allowable vcpus for the live domain: ${count} > ${slots.length}`,
    );
  }
  const present = slots.filter((slot) => slot.present);
  const missing = count - present.length;
  const changing =
    missing > 0
      ? slots.filter((slot) => !slot.present).slice(0, missing)
      : present
          .filter(({ id }) => id !== undefined)
          .reverse()
          .slice(0, -missing);
  if (missing === 0) return;
  if (changing.length < Math.abs(missing)) {
    throw refusal(
      'configuration',
      'failed to find appropriate hotpluggable vcpus to reach the desired target vcpu count',
    );
  }
  for (const slot of changing) await (missing > 0 ? plugIn(guest, slot) : takeOut(guest, slot));
}

/** Plugs CPUs in or out, by number. @throws HypervisorError in libvirt's words. */
export async function setCpus(guest: Guest, numbers: readonly number[], on: boolean): Promise<void> {
  const slots = await slotsOf(guest);
  if (numbers.length === 0) throw refusal('invalid', 'no vcpus selected for modification');
  const last = Math.max(...numbers);
  if (last >= slots.length) throw refusal('invalid', `vcpu ${last} is not present in live config`);
  const chosen = slots.filter(({ number }) => numbers.includes(number));
  for (const { number, present, id } of chosen) {
    if (present === on) throw refusal('invalid', `vcpu '${number}' is already in requested state`);
    if (!on && id === undefined) throw refusal('unsupported', `vcpu '${number}' can't be unplugged`);
  }
  const [slot, another] = chosen;
  if (another) throw refusal('unsupported', 'only one hotpluggable entity can be selected');
  if (slot) await (on ? plugIn(guest, slot) : takeOut(guest, slot));
}

async function slotsOf({ qmp }: Guest): Promise<CpuSlot[]> {
  const slots = await cpuSlots(qmp);
  if (!slots) throw refusal('configuration', 'the machine has no places to plug a CPU into');
  // Cores and threads that only come together have no numbers of their own here.
  if (slots.some(({ place }) => place['vcpus-count'] !== 1))
    throw refusal('configuration', 'the CPUs of this machine can only be plugged in several at a time');
  return slots;
}

async function plugIn(guest: Guest, { number, place }: CpuSlot): Promise<void> {
  // QEMU 7.2 and 10.0.2 end with a segmentation fault then, with libvirt too; it is the emulator's book-keeping.
  if ((await wasUnplugged(guest)) && !(await usesKvm(guest))) {
    throw refusal(
      'configuration',
      'a CPU has been unplugged: with emulation this QEMU would crash if one was plugged in again',
    );
  }
  await guest.qmp.execute('device_add', { driver: place.type, id: `vcpu${number}`, ...place.props });
}

async function takeOut(guest: Guest, { number, id }: CpuSlot): Promise<void> {
  if (id === undefined) return;
  await noteUnplugged(guest);
  const outcome = await unplug(guest.qmp, id);
  if (outcome === 'rejected') throw notUnplugged(`vcpu '${number}'`, outcome);
  if (outcome === 'gone') return;
  throw new HypervisorError(
    'Timed out during operation: vcpu unplug request timed out. Unplug result must be manually inspected in the domain',
    { code: VIR_ERR_OPERATION_TIMEOUT, domain: VIR_FROM_QEMU },
  );
}

const usesKvm = async ({ qmp }: Guest): Promise<boolean> => (await qmp.execute('query-kvm')).enabled;

// QEMU doesn't tell that one was there before. It is written down, and holds for that QEMU process.

const noteOf = ({ folder }: Guest): string => join(folder, 'unplugged-cpus');

async function wasUnplugged(guest: Guest): Promise<boolean> {
  const startTime = await readFile(noteOf(guest), 'utf8').catch(() => undefined);
  return startTime !== undefined && startTime === guest.process?.startTime;
}

async function noteUnplugged(guest: Guest): Promise<void> {
  await mkdir(guest.folder, { recursive: true, mode: 0o700 });
  await writeDurably(noteOf(guest), guest.process?.startTime ?? '');
}
