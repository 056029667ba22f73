import { describe, expect, test } from '@jest/globals';
import { displayWidth } from '../../../src/editor/graphemes.js';
import { layoutLine } from '../../../src/editor/layout.js';
import { commonInsert, menuLayout } from '../../../src/editor/menu.js';

const layout = (text: string, cursor: number, columns: number, rows = 10, suggestion = '') =>
  layoutLine({
    ...{ prompt: '> ', continuation: '. ', text, cursor, columns, rows, suggestion },
    show: (character) => character,
  });

const rowsOf = (...input: Parameters<typeof layout>): string[] =>
  layout(...input).rows.map(({ lead, text, ghost }) => lead + text + ghost);

describe('a line on the screen', () => {
  test.each([
    // text, cursor, columns: rows, cursor's row and column
    ['abc', 3, 10, ['> abc'], 0, 5],
    ['abc', 0, 10, ['> abc'], 0, 2],
    ['abcdef', 6, 6, ['> abcd', 'ef'], 1, 2],
    // After the last column the cursor stands at the beginning of the next row.
    ['abcd', 4, 6, ['> abcd', ''], 1, 0],
    ['abcde', 4, 6, ['> abcd', 'e'], 1, 0],
    // A wide character that doesn't fit goes to the next row whole.
    ['abc日', 3, 6, ['> abc', '日'], 1, 0],
    ['日本', 2, 10, ['> 日本'], 0, 6],
    ['e\u0301x', 2, 10, ['> e\u0301x'], 0, 3],
    ['👩‍👩‍👧!', 8, 10, ['> 👩‍👩‍👧!'], 0, 4],
    ['שלום', 4, 10, ['> שלום'], 0, 6],
    ['a\nb', 2, 10, ['> a', '. b'], 1, 2],
    ['a\nb', 1, 10, ['> a', '. b'], 0, 3],
  ] as const)('%j with the cursor at %i in %i columns', (text, cursor, columns, rows, row, column) => {
    expect(rowsOf(text, cursor, columns)).toEqual(rows);
    expect(layout(text, cursor, columns).cursor).toEqual({ row, column });
  });

  test('no row is wider than the screen', () => {
    const text = 'snapshot-create-as 日本語 --name é👍🏽 👩‍👩‍👧 x'.repeat(3);
    for (let columns = 4; columns < 70; columns++) {
      for (const row of rowsOf(text, text.length, columns, 100)) {
        expect(displayWidth(row)).toBeLessThanOrEqual(columns);
      }
    }
  });

  test('a suggestion follows the text, one line of it', () => {
    expect(layout('ab', 2, 10, 10, 'cd\nef').rows).toEqual([{ lead: '> ', text: 'ab', ghost: 'cd' }]);
  });

  test('of a text with more rows than there is room for, those around the cursor are shown', () => {
    const text = Array.from({ length: 20 }, (_, index) => `line${index}`).join('\n');
    const shown = layout(text, text.indexOf('line10'), 20, 5);
    expect(shown.rows.map((row) => row.text)).toEqual(['line8', 'line9', 'line10', 'line11', 'line12']);
    expect(shown.cursor).toEqual({ row: 2, column: 2 });
  });
});

describe('a menu on the screen', () => {
  test.each([
    // labels' widths, described, selected, width, rows: columns, rows, first, hidden
    [[3, 4, 5], true, -1, 80, 10, 1, 3, 0, 0],
    [[3, 4, 5], false, -1, 80, 10, 11, 1, 0, 0],
    [Array(30).fill(8), false, -1, 40, 10, 4, 8, 0, 0],
    [Array(30).fill(8), true, 12, 40, 10, 1, 10, 10, 20],
    [Array(1000).fill(8), false, 999, 40, 10, 4, 10, 960, 960],
    [[100], false, 0, 40, 10, 1, 1, 0, 0],
  ] as const)('%# ', (labels, described, selected, width, rows, ...expected) => {
    const found = menuLayout(labels, described, selected, width, rows);
    expect([found.columns, found.rows, found.first, found.hidden]).toEqual(expected);
  });

  test('what entries have in common is cut between characters', () => {
    expect(
      commonInsert([
        { label: '', insert: '👍a' },
        { label: '', insert: '👎a' },
      ]),
    ).toBe('');
    expect(
      commonInsert([
        { label: '', insert: 'ab ' },
        { label: '', insert: 'abc ' },
      ]),
    ).toBe('ab');
    expect(commonInsert([])).toBe('');
  });
});
