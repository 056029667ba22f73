import { CommandError } from '../../src/shell/index.js';
import { hex, parsePciAddress } from './pci-address.js';

const decimal = (text: string, count: number): string[] | undefined => {
  const words = text.split(/[^\d]/);
  return words.length === count && words.every((word) => /^\d+$/.test(word))
    ? words.map((word) => String(BigInt(word)))
    : undefined;
};

const drive = (text: string): string | undefined => {
  const numbers = decimal(text, 3);
  return numbers && `type='drive' controller='${numbers[0]}' bus='${numbers[1]}' unit='${numbers[2]}'`;
};

/** What comes after the colon of each kind of address, as attributes of an <address>. */
const kinds: Readonly<Record<string, (text: string, multifunction: boolean) => string | undefined>> = {
  pci: (text, multifunction) => {
    const address = parsePciAddress(text);
    if (!address) return undefined;
    const { domain, bus, slot, function: fn } = address;
    const more = multifunction ? " multifunction='on'" : '';
    return `type='pci' domain='0x${hex(domain, 4)}' bus='0x${hex(bus, 2)}' slot='0x${hex(slot, 2)}' function='0x${hex(fn, 1)}'${more}`;
  },
  ccw: (text) => {
    const words = /^([\da-f]+)[^\da-f]([\da-f]+)[^\da-f]([\da-f]+)$/i.exec(text.replaceAll('0x', ''));
    const [cssid, ssid, devno] = (words?.slice(1) ?? []).map((digits) => Number.parseInt(digits, 16));
    if (cssid === undefined || ssid === undefined || devno === undefined) return undefined;
    return `type='ccw' cssid='0x${hex(cssid, 2)}' ssid='0x${hex(ssid, 1)}' devno='0x${hex(devno, 4)}'`;
  },
  scsi: drive,
  sata: drive,
  ide: drive,
  usb: (text) => {
    const numbers = decimal(text, 2);
    return numbers && `type='usb' bus='${numbers[0]}' port='${numbers[1]}'`;
  },
};

/** Kinds of addresses that a disk may have, by the beginning of its target, and what virsh says otherwise. */
const expected = [
  ['vd', ['pci', 'ccw'], 'expecting a pci:0000.00.00.00 or ccw:00.0.0000 address.'],
  ['sd', ['scsi', 'usb', 'sata'], 'expecting a scsi:00.00.00 or usb:00.00 or sata:00.00.00 address.'],
  ['hd', ['ide'], 'expecting an ide:00.00.00 address.'],
] as const;

/**
 * The <address> of a disk: `pci:0000.00.0a.0`, `scsi:0.0.1` and so on.
 * @throws CommandError in virsh's words.
 */
export function diskAddress(text: string, target: string, multifunction: boolean): string {
  const [, kind = '', rest = ''] = /^([^:]*):(.*)$/.exec(text) ?? [];
  const attributes = kinds[kind]?.(rest, multifunction);
  if (attributes === undefined) throw new CommandError('Invalid address.');
  for (const [prefix, allowed, problem] of expected) {
    if (!target.startsWith(prefix)) continue;
    if (!(allowed as readonly string[]).includes(kind)) throw new CommandError(problem);
    break;
  }
  return `<address ${attributes}/>`;
}
