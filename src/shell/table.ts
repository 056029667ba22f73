import { printableLine } from './printable.js';

/**
 * A table in virsh's layout: a blank before each cell, two or more after, a rule under the header. Cells are
 * always shown printable, since a control character would break the columns.
 * @param header null for rows alone (as under `-q`): widths then count the rows only, as in virsh.
 */
export async function formatTable(
  header: readonly string[] | null,
  rows: readonly (readonly string[])[],
): Promise<string> {
  const lines = [...(header ? [header] : []), ...rows].map((row) => row.map(printableLine));
  const width = await widthOf(lines);
  const widths: number[] = [];
  for (const row of lines) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, width(cell));
    });
  }
  const format = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        column === row.length - 1
          ? ` ${cell}`
          : ` ${cell}${' '.repeat((widths[column] ?? 0) - width(cell) + 2)}`,
      )
      .join('');
  const [first, ...rest] = lines;
  if (!header || !first) return lines.map((row) => `${format(row)}\n`).join('');
  const rule = '-'.repeat(widths.reduce((sum, columns) => sum + columns + 3, 0));
  return [format(first), rule, ...rest.map(format)].map((line) => `${line}\n`).join('');
}

/** How many columns text takes. The exact measure is loaded only when some text is not plain ASCII. */
async function widthOf(lines: readonly (readonly string[])[]): Promise<(text: string) => number> {
  const ascii = lines.every((row) => row.every((cell) => /^[\x20-\x7e]*$/.test(cell)));
  return ascii ? (text) => text.length : (await import('string-width')).default;
}
