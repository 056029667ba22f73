import { expect, test } from '@jest/globals';
import { formatTable } from '../../../src/shell/index.js';

test('a header has a rule under it, and each column is as wide as its widest cell', async () => {
  expect(
    await formatTable(
      ['Id', 'Name', 'State'],
      [
        ['1', 'web', 'running'],
        ['-', 'mail-server', 'shut off'],
      ],
    ),
  ).toBe(
    [
      ' Id   Name          State',
      '------------------------------',
      ' 1    web           running',
      ' -    mail-server   shut off',
      '',
    ].join('\n'),
  );
});

test('without a header only rows count', async () => {
  expect(await formatTable(null, [['1', 'web']])).toBe(' 1   web\n');
  expect(await formatTable(null, [])).toBe('');
});

test('a header stands alone where there are no rows', async () => {
  expect(await formatTable(['A', 'B'], [])).toBe(' A   B\n--------\n');
});

test('wide characters take two columns', async () => {
  const [, , first = '', second = ''] = (
    await formatTable(
      ['N', 'S'],
      [
        ['漢字', 'x'],
        ['ab', 'y'],
      ],
    )
  ).split('\n');
  expect([first, second]).toEqual([' 漢字   x', ' ab     y']);
});

test('control characters cannot break the layout', async () => {
  expect(await formatTable(null, [['a\u001b[2J\nb', 'c']])).toBe(' a\\x1b[2J\\x0ab   c\n');
});
