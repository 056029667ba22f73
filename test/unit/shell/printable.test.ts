import { expect, test } from '@jest/globals';
import { printable, printableLine } from '../../../src/shell/index.js';

test.each([
  ['plain äöü 漢字 🙂', 'plain äöü 漢字 🙂'],
  ['a\u001b[31mb', 'a\\x1b[31mb'],
  ['bell\u0007', 'bell\\x07'],
  ['\u009b2J', '\\x9b2J'],
  ['a\rb', 'a\\x0db'],
  ['\u202egnp.exe', '\\u{202e}gnp.exe'],
  ['\u2066x\u2069', '\\u{2066}x\\u{2069}'],
  ['del\u007f', 'del\\x7f'],
  ['tab\tline\n', 'tab\tline\n'],
])('%j', (text, shown) => {
  expect(printable(text)).toBe(shown);
});

test('on one line tabs and line feeds are escaped too', () => {
  expect(printableLine('a\tb\nc')).toBe('a\\x09b\\x0ac');
});
