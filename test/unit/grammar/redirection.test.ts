import { describe, expect, test } from '@jest/globals';
import { splitRedirection } from '../../../src/grammar/index.js';

describe('output that goes elsewhere', () => {
  test.each([
    ['list | wc -l; date', '', 'list ', { kind: 'pipe', command: 'wc -l; date' }, ''],
    ['list |', '', 'list ', { kind: 'pipe', command: '' }, ''],
    ['domid x; list > out', 'domid x; ', 'list ', { kind: 'file', path: 'out', append: false }, ''],
    ["list >> 'a b' ; domid x", '', 'list ', { kind: 'file', path: 'a b', append: true }, ' domid x'],
    ['list > a\\ b', '', 'list ', { kind: 'file', path: 'a b', append: false }, ''],
  ] as const)('%s', (line, before, command, redirection, after) => {
    const found = splitRedirection(line);
    expect(found).toMatchObject({ before, command, redirection });
    expect(found.after.trim()).toBe(after.trim());
  });

  test.each([
    'list',
    "echo '|' x",
    'echo a|b',
    'echo \\> x',
    '| less',
    'echo a; > b',
    '# list > x',
    'echo "a | b"',
  ])('%s has none', (line) => {
    expect(splitRedirection(line)).toEqual({ before: line, command: '', redirection: undefined, after: '' });
  });

  test.each([
    ['list >', "expected a file name after '>'"],
    ['list >> ; list', "expected a file name after '>>'"],
    ['list > a b', "unexpected data 'b'"],
    ["list > 'a", "missing '"],
  ])('%s: %s', (line, message) => {
    expect(() => splitRedirection(line)).toThrow(message);
  });
});
