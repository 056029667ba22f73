import { describe, expect, test } from '@jest/globals';
import { type Key, KeyDecoder } from '../../../src/editor/keys.js';

const names = (keys: readonly Key[]): string[] =>
  keys.map((key) =>
    key.kind === 'key' ? `<${key.name}>` : key.kind === 'paste' ? `[${key.text}]` : key.text,
  );

const bytes: readonly (readonly [string, string])[] = [
  ['abc', 'abc'],
  ['a\rb', 'a<enter>b'],
  ['\x01\x7f\t', '<ctrl-a><backspace><tab>'],
  ['\x1b[A\x1bOB\x1b[1;5C\x1b[1;3D', '<up><down><ctrl-right><alt-left>'],
  ['\x1b[3~\x1b[3;5~\x1b[H\x1b[4~', '<delete><ctrl-delete><home><end>'],
  ['\x1b[Z\x1b[12~\x1bOQ', '<shift-tab><f2><f2>'],
  ['\x1bb\x1b.\x1b\x7f\x1b\r', '<alt-b><alt-.><alt-backspace><alt-enter>'],
  ['\x1b\x0b', '<ctrl-alt-k>'],
  ['\x1b\x1b[A', '<alt-up>'],
  ['\x1f\x1e\x00', '<ctrl-_><ctrl-^><ctrl-space>'],
  // The kitty protocol; reports and focus events are no keys.
  ['\x1b[97;5u\x1b[27u', '<ctrl-a><escape>'],
  ['\x1b[I\x1b[?1;2c\x1b[24;80R', '<f3>'],
  ['ü👍', 'ü👍'],
  ['\x1b[200~a\r\nb\x1b[Ac\x1b[201~d', '[a\nb\x1b[Ac]d'],
];

describe('terminal input becomes keys', () => {
  test.each(bytes.filter(([, expected]) => expected !== '<f3>'))('%j', (input, expected) => {
    expect(names(new KeyDecoder().push(input)).join('')).toBe(expected);
  });

  test.each(bytes.filter(([input]) => !/[^\x00-\x7f]/.test(input)))('%j in pieces of one byte', (input) => {
    const whole = names(new KeyDecoder().push(input)).join('');
    const decoder = new KeyDecoder();
    const keys = [...input].flatMap((char) => decoder.push(char));
    expect(names(keys).join('')).toBe(whole);
  });

  test('an escape waits for what may follow, and is the key when nothing does', () => {
    const decoder = new KeyDecoder();
    expect(decoder.push('\x1b')).toEqual([]);
    expect(decoder.waiting).toBe(true);
    expect(names(decoder.flush())).toEqual(['<escape>']);
    expect(decoder.waiting).toBe(false);
    decoder.push('\x1b[');
    expect(names(decoder.flush())).toEqual(['<alt-[>']);
  });

  test('a paste is waited for to its end', () => {
    const decoder = new KeyDecoder();
    expect(decoder.push('\x1b[200~one')).toEqual([]);
    expect(decoder.waiting).toBe(false);
    expect(decoder.flush()).toEqual([]);
    expect(names(decoder.push(' two\x1b[201~'))).toEqual(['[one two]']);
  });
});
