import { CommandError, parseWhole } from '../../src/shell/index.js';

/** Limits of a network interface: `average`, `peak` and `floor` in KiB/s, `burst` in KiB; 0 where not given. */
export interface BandwidthRate {
  readonly average: bigint;
  readonly peak: bigint;
  readonly burst: bigint;
  readonly floor: bigint;
}

const fields = ['average', 'peak', 'burst', 'floor'] as const;
const ULLONG_MAX = 2n ** 64n - 1n;

/** Reads `average,peak,burst,floor`, of which any may be left out. @throws CommandError in virsh's words. */
export function parseRate(text: string): BandwidthRate {
  const words = text.split(',');
  if (words.length > fields.length) throw new CommandError(`Rate string '${text}' has too many fields`);
  const [average, peak, burst, floor] = fields.map((field, index) => {
    const word = words[index] ?? '';
    const value = word === '' ? 0n : parseWhole(word);
    if (value === undefined || value < 0n || value > ULLONG_MAX) {
      throw new CommandError(`field '${field}' is malformed`);
    }
    return value;
  }) as [bigint, bigint, bigint, bigint];
  return { average, peak, burst, floor };
}
