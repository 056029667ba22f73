/** One entry of a completion menu. */
export interface MenuEntry {
  readonly label: string;
  readonly help?: string;
  /** What takes the place of the text that is completed. */
  readonly insert: string;
}

/** Candidates for the text between two offsets of a line. */
export interface Completion {
  readonly start: number;
  readonly end: number;
  readonly entries: readonly MenuEntry[];
}

/** An open menu. */
export interface Menu extends Completion {
  /** The line before any entry was tried out. */
  readonly text: string;
  readonly cursor: number;
  /** Index of the entry that is tried out; -1 for none yet. */
  readonly selected: number;
}

/** What all entries begin with, cut so that no character and no backslash escape is split. */
export function commonInsert(entries: readonly MenuEntry[]): string {
  const [first, ...rest] = entries;
  if (!first) return '';
  let length = first.insert.length;
  for (const { insert } of rest) {
    let at = 0;
    while (at < length && insert[at] === first.insert[at]) at += 1;
    length = at;
  }
  const common = first.insert.slice(0, length).replace(/[\ud800-\udbff]$/, '');
  const backslashes = /\\*$/.exec(common)?.[0].length ?? 0;
  return backslashes % 2 === 1 ? common.slice(0, -1) : common;
}

/** The entry that is `by` further on, round and round. */
export function select(menu: Menu, by: number): Menu {
  const count = menu.entries.length;
  const from = menu.selected < 0 && by < 0 ? 0 : menu.selected;
  return { ...menu, selected: (from + by + count * Math.abs(by)) % count };
}

/** Where the entries of a menu go on the screen. */
export interface MenuLayout {
  readonly columns: number;
  readonly rows: number;
  /** Width of each column, without the gap after it. */
  readonly width: number;
  /** Index of the first entry that is shown. */
  readonly first: number;
  readonly hidden: number;
}

const GAP = 2;

/**
 * Entries with help stand one below the other; without, side by side in columns that are read downwards.
 * @param labels widths of the labels.
 * @param rows the most rows to take.
 */
export function menuLayout(
  labels: readonly number[],
  described: boolean,
  selected: number,
  width: number,
  rows: number,
): MenuLayout {
  const widest = Math.min(
    width,
    labels.reduce((most, label) => Math.max(most, label), 1),
  );
  const columns = described ? 1 : Math.max(1, Math.floor((width + GAP) / (widest + GAP)));
  const needed = Math.ceil(labels.length / columns);
  const shown = Math.max(1, Math.min(rows, needed));
  // Pages of whole screens, so that entries don't move while the selection walks through one.
  const page = columns * shown;
  const first = selected < 0 ? 0 : Math.floor(selected / page) * page;
  return { columns, rows: shown, width: widest, first, hidden: Math.max(0, labels.length - page) };
}
