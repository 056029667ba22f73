import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from '@jest/globals';
import { HistoryFile, historyPath } from '../../../src/ui/history-file.js';

const base = mkdtempSync(join(tmpdir(), 'snapctl-history-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));

let path = '';
let count = 0;
beforeEach(() => {
  count += 1;
  path = join(base, String(count), 'snapctl', 'history');
});

const mode = (file: string): number => statSync(file).mode & 0o777;

test('lines come back as they were, in a file for the user alone', () => {
  const lines = ['list', 'echo "a\nb"', 'echo \\n \\\\ x', '日本 👩‍👩‍👧'];
  for (const line of lines) new HistoryFile(path).append(line);
  expect(new HistoryFile(path).read()).toEqual(lines);
  expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(lines.length + 1);
  expect([mode(path), mode(join(path, '..'))]).toEqual([0o600, 0o700]);
  chmodSync(path, 0o644);
  new HistoryFile(path).append('again');
  expect(mode(path)).toBe(0o600);
});

test('it is bounded, and two shells that write in turns lose nothing but the oldest', () => {
  const shells = [new HistoryFile(path, 2000), new HistoryFile(path, 2000)];
  for (let line = 0; line < 1000; line++) shells[line % 2]?.append(`line ${line}`);
  expect(statSync(path).size + statSync(`${path}.old`).size).toBeLessThan(4100);
  const kept = new HistoryFile(path).read();
  expect(kept.length).toBeGreaterThan(150);
  const first = 1000 - kept.length;
  expect(kept).toEqual(Array.from({ length: kept.length }, (_, index) => `line ${first + index}`));
});

test('the lock of a shell that died holds nobody up for long', () => {
  const file = new HistoryFile(path, 100);
  file.append('x'.repeat(200));
  writeFileSync(`${path}.lock`, '');
  file.append('held');
  expect(() => statSync(`${path}.old`)).toThrow('ENOENT');
  utimesSync(`${path}.lock`, 0, 0);
  file.append('removes the lock');
  file.append('puts aside');
  expect(file.read()).toEqual(['x'.repeat(200), 'held', 'removes the lock', 'puts aside']);
  expect(statSync(`${path}.old`).size).toBeGreaterThan(200);
});

test('what cannot be kept or read is no mistake', () => {
  const file = new HistoryFile('/dev/null/history');
  file.append('line');
  expect(file.read()).toEqual([]);
});

test.each([
  [{ XDG_CACHE_HOME: '/cache' }, /^\/cache\/snapctl\/history$/],
  [{ XDG_CACHE_HOME: 'relative' }, /\/\.cache\/snapctl\/history$/],
  [{}, /\/\.cache\/snapctl\/history$/],
])('%j', (environment, expected) => {
  expect(historyPath(environment)).toMatch(expected);
});
