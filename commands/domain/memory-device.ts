import type { Element } from '@xmldom/xmldom';
import { attributeAt, CommandError, elementsAt, textAt } from '../../src/shell/index.js';

/** The memory device with an alias or of a NUMA node, or the only one. @throws CommandError in virsh's words. */
export function memoryDevice(domain: Element, alias: string | undefined, node: number | undefined): Element {
  const devices = elementsAt(domain, 'devices', 'memory').filter(
    (device) =>
      (alias === undefined || attributeAt(device, ['alias'], 'name') === alias) &&
      (node === undefined || textAt(device, 'target', 'node') === String(node)),
  );
  const [device] = devices;
  if (!device) throw new CommandError('no memory device found');
  if (devices.length > 1) {
    throw new CommandError('multiple memory devices found, use --alias or --node to select one');
  }
  return device;
}
