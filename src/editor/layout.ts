import { displayWidth, graphemes } from './graphemes.js';

export interface LayoutInput {
  readonly prompt: string;
  /** Stands in front of each further line of a text of several lines. */
  readonly continuation: string;
  readonly text: string;
  readonly cursor: number;
  /** Shown after the text, dimmed; its first line counts. */
  readonly suggestion: string;
  /** Columns of the screen. */
  readonly columns: number;
  /** The most rows to show: those around the cursor. */
  readonly rows: number;
  /** How a character is shown that must not reach the terminal as it is. */
  readonly show: (character: string) => string;
}

/** A row of the screen: text, then what is only suggested. */
export interface LayoutRow {
  readonly lead: string;
  readonly text: string;
  readonly ghost: string;
}

export interface Layout {
  readonly rows: readonly LayoutRow[];
  readonly cursor: { readonly row: number; readonly column: number };
}

/** Breaks a line into rows of the screen, never through a character, and finds the cursor's place. */
export function layoutLine(input: LayoutInput): Layout {
  const { prompt, continuation, text, columns, show } = input;
  const rows: { lead: string; text: string; ghost: string }[] = [{ lead: prompt, text: '', ghost: '' }];
  let column = displayWidth(prompt);
  let at = 0;
  let place: { row: number; column: number } | undefined;

  const newRow = (lead: string): void => {
    rows.push({ lead, text: '', ghost: '' });
    column = displayWidth(lead);
  };
  const put = (character: string, part: 'text' | 'ghost'): void => {
    const shown = show(character);
    const width = displayWidth(shown);
    if (column + width > columns) newRow('');
    (rows.at(-1) as { text: string; ghost: string })[part] += shown;
    column += width;
  };
  const mark = (): void => {
    // After the last column there is no place for a cursor: it stands at the beginning of the next row.
    if (column >= columns) newRow('');
    place = { row: rows.length - 1, column };
  };

  for (const character of graphemes(text)) {
    if (at === input.cursor) {
      const width = character === '\n' ? 1 : displayWidth(show(character));
      if (column + width > columns) newRow('');
      place = { row: rows.length - 1, column };
    }
    if (character === '\n') newRow(continuation);
    else put(character, 'text');
    at += character.length;
  }
  if (!place) mark();
  for (const character of graphemes(input.suggestion.split('\n', 1)[0] ?? '')) put(character, 'ghost');
  return windowAround(rows, place as { row: number; column: number }, input.rows);
}

function windowAround(rows: readonly LayoutRow[], cursor: Layout['cursor'], limit: number): Layout {
  if (rows.length <= limit) return { rows, cursor };
  const first = Math.max(0, Math.min(cursor.row - Math.floor(limit / 2), rows.length - limit));
  return {
    rows: rows.slice(first, first + limit),
    cursor: { row: cursor.row - first, column: cursor.column },
  };
}
