const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'] as const;

export interface PrettyCapacity {
  /** With three decimals, rounded as C's printf does. */
  readonly value: string;
  readonly unit: (typeof units)[number];
}

/** A size in bytes in the largest unit of which it holds at least one, as virsh shows sizes to people. */
export function prettyCapacity(bytes: bigint): PrettyCapacity {
  let power = 0;
  while (power < units.length - 1 && bytes >> BigInt(10 * (power + 1)) > 0n) power += 1;
  const size = 1n << BigInt(10 * power);
  const thousandths = bytes * 1000n;
  let rounded = thousandths / size;
  const twiceRest = (thousandths % size) * 2n;
  if (twiceRest > size || (twiceRest === size && rounded % 2n === 1n)) rounded += 1n;
  const decimals = (rounded % 1000n).toString().padStart(3, '0');
  return { value: `${rounded / 1000n}.${decimals}`, unit: units[power] ?? 'EiB' };
}
