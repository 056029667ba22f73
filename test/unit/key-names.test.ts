import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { keyNames } from '../../commands/domain/key-names.js';

const header = '/usr/include/linux/input-event-codes.h';

describe('names of keys', () => {
  test('only three codesets have names', () => {
    expect(['linux', 'os_x', 'win32', 'xt', 'qnum'].map((codeset) => keyNames(codeset).size > 0)).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
    expect(keyNames('linux').get('KEY_A')).toBe(30);
    expect(keyNames('os_x').get('ANSI_A')).toBe(0);
    expect(keyNames('win32').get('VK_A')).toBe(0x41);
  });

  (existsSync(header) ? test : test.skip)('linux names have the numbers of the kernel’s header', () => {
    const defined = new Map<string, string>();
    for (const [, name, value] of readFileSync(header, 'utf8').matchAll(
      /^#define\s+((?:KEY|BTN)_\w+)\s+(\w+)/gm,
    )) {
      defined.set(name as string, value as string);
    }
    const resolve = (value: string): number => {
      const other = defined.get(value);
      return other === undefined ? Number(value) : resolve(other);
    };
    const names = [...keyNames('linux')];
    expect(names.length).toBeGreaterThan(400);
    expect(names).toEqual(names.map(([name]) => [name, resolve(name)]));
  });
});
