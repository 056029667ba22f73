/** A PCI address: `0000:00:1f.2`, in hexadecimal. @returns undefined if it is none. */
export function parsePciAddress(
  text: string,
): { domain: number; bus: number; slot: number; function: number } | undefined {
  const match =
    /^(?:0x)?([\da-f]+)[^\da-f](?:0x)?([\da-f]+)[^\da-f](?:0x)?([\da-f]+)[^\da-f](?:0x)?([\da-f]+)$/i.exec(
      text,
    );
  if (!match) return undefined;
  const [domain, bus, slot, fn] = match.slice(1).map((digits) => Number.parseInt(digits, 16)) as [
    number,
    number,
    number,
    number,
  ];
  return { domain, bus, slot, function: fn };
}

/** A number as C prints it with `%0WIDTHx`. */
export const hex = (value: number, width: number): string => value.toString(16).padStart(width, '0');
