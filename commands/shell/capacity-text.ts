import { fixedDecimals, prettyCapacity } from '../../src/shell/index.js';

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];

/** A size as the commands about storage show it: `1.50 GiB`. */
export function capacityText(bytes: bigint): string {
  const { unit } = prettyCapacity(bytes);
  return `${fixedDecimals(Number(bytes) / 1024 ** units.indexOf(unit), 2)} ${unit}`;
}
