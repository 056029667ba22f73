/** A whole decimal number as C's strtol reads one: leading blanks and a sign are fine, anything after is not. */
const wholeNumber = /^[ \t\n\v\f\r]*([+-]?)(\d+)$/;

export function parseWhole(text: string): bigint | undefined {
  const match = wholeNumber.exec(text);
  if (!match?.[2]) return undefined;
  const magnitude = BigInt(match[2]);
  return match[1] === '-' ? -magnitude : magnitude;
}

const suffixes = new Map<string, bigint>();
for (const [power, letter] of [...'kmgtpe'].entries()) {
  suffixes.set(letter, 1024n ** BigInt(power + 1));
  suffixes.set(`${letter}ib`, 1024n ** BigInt(power + 1));
  suffixes.set(`${letter}b`, 1000n ** BigInt(power + 1));
}
suffixes.set('b', 1n);
suffixes.set('byte', 1n);
suffixes.set('bytes', 1n);

const ULLONG_MAX = 2n ** 64n - 1n;

export type Scaled = { readonly value: bigint } | { readonly error: string };

/**
 * A number with libvirt's unit suffixes (k, M, G… and KiB… are powers of 1024, KB… powers of 1000; letter
 * case is free). Without a suffix the number counts `scale` bytes.
 * @returns bytes, or libvirt's message about what is wrong with the suffix or size, empty if it is no number.
 */
export function parseScaled(text: string, scale: bigint, max: bigint): Scaled {
  const match = /^[ \t\n\v\f\r]*\+?(\d+)(.*)$/s.exec(text);
  if (!match?.[1]) return { error: '' };
  const count = BigInt(match[1]);
  // Too large for C to read at all: of that libvirt says nothing more.
  if (count > ULLONG_MAX) return { error: '' };
  const suffix = match[2] ?? '';
  const unit = suffix === '' ? scale : suffixes.get(suffix.toLowerCase());
  if (unit === undefined) return { error: `invalid argument: unknown suffix '${suffix}'` };
  if (count > max / unit) return { error: `numerical overflow: value too large: ${count}${suffix}` };
  return { value: count * unit };
}
