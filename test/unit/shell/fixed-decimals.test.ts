import { execFileSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { fixedDecimals } from '../../../src/shell/index.js';

test('rounds as C does, an exact tie to the even digit', () => {
  expect(fixedDecimals(0.25, 1)).toBe('0.2');
  expect(fixedDecimals(0.75, 1)).toBe('0.8');
  expect(fixedDecimals(-0.25, 1)).toBe('-0.2');
  expect(fixedDecimals(0.5, 0)).toBe('0');
  expect(fixedDecimals(1.5, 0)).toBe('2');
  expect(fixedDecimals(0.35, 1)).toBe('0.3');
  expect(fixedDecimals(1.005, 2)).toBe('1.00');
  expect(fixedDecimals(Number.NaN, 1)).toBe('nan');
  expect(fixedDecimals(-1 / 0, 1)).toBe('-inf');
});

test('agrees with the C library', () => {
  const values: number[] = [];
  for (let index = 0; index < 300; index += 1)
    values.push((index * 37) / 2 ** (index % 9), Math.sin(index) * 1000);
  // awk's printf is the C library's, and it reads a decimal that names the number exactly.
  const script = values
    .map((value) => `printf "%.1f %.3f\\n", ${value.toFixed(60)}, ${value.toFixed(60)}`)
    .join(';');
  const want = execFileSync('awk', [`BEGIN { ${script} }`], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  });
  expect(values.map((value) => `${fixedDecimals(value, 1)} ${fixedDecimals(value, 3)}\n`).join('')).toBe(
    want,
  );
});
