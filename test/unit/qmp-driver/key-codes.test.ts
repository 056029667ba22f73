import { expect, test } from '@jest/globals';
import koffi from 'koffi';
import { codesetNames, qnumOf } from '../../../src/drivers/qmp/key-codes.js';

const QNUM = codesetNames.indexOf('qnum');

/** libvirt's own translation, which it does not offer to others: the drivers within it use it for send-key. */
const translate = koffi
  .load('libvirt.so.0')
  .func('int virKeycodeValueTranslate(int from, int to, int code)') as (
  from: number,
  to: number,
  code: number,
) => number;

/** Keys that came to the data after libvirt 9 took it: two of Korean keyboards, and one of European ones on a Mac. */
const newer: ReadonlySet<string> = new Set(['atset2 241', 'atset2 242', 'os_x 10']);

/** All that any codeset has; 0 is special. */
const codes = [...range(1, 0x2ff), ...range(0xe000, 0xe0ff)];

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

test.each([...codesetNames])('keys of %s are the numbers that libvirt has for them', (name) => {
  const codeset = codesetNames.indexOf(name);
  const differing: string[] = [];
  let known = 0;
  for (const code of codes) {
    // 0 is what libvirt has for a key that QEMU can't press, and -1 for none.
    const wanted = translate(codeset, QNUM, code);
    const found = qnumOf(name, code);
    if (found !== undefined) known += 1;
    if (newer.has(`${name} ${code}`)) continue;
    if ((found ?? 0) !== Math.max(wanted, 0)) differing.push(`${code}: ${found}, not ${wanted}`);
  }
  expect(differing).toEqual([]);
  expect(known).toBeGreaterThan(100);
});

test('the key 0 of os_x is A, which libvirt takes for none', () => {
  expect(qnumOf('os_x', 0)).toBe(0x1e);
  expect(qnumOf('linux', 0)).toBeUndefined();
});
