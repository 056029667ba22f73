import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { markRunning } from '../../../src/archive/global-state.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'snapctl-state-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A section as QEMU writes it (migration/savevm.c, migration/global_state.c). */
function section(state: string, options: { footer?: number } = {}): Buffer {
  const number = 7;
  const { footer = number } = options;
  const head = Buffer.alloc(5);
  head.writeUInt8(4, 0);
  head.writeUInt32BE(number, 1);
  const body = Buffer.alloc(8 + 4 + 100);
  body.writeUInt32BE(1, 4);
  body.writeUInt32BE(state.length + 1, 8);
  body.write(state, 12);
  const foot = Buffer.alloc(5);
  foot.writeUInt8(0x7e, 0);
  foot.writeUInt32BE(footer, 1);
  return Buffer.concat([head, Buffer.from('\x0bglobalstate', 'latin1'), body, foot]);
}

test('the last section that is one says that the guest runs; nothing else changes', async () => {
  const file = join(folder, 'memory');
  const [before, after] = [Buffer.alloc(5000, 1), Buffer.from('\x0bglobalstate and the end', 'latin1')];
  const inMemory = section('prelaunch');
  writeFileSync(file, Buffer.concat([before, inMemory, before, section('paused'), after]));
  expect(await markRunning(file)).toBe(true);
  const expected = Buffer.concat([before, inMemory, before, section('running'), after]);
  expect(readFileSync(file).equals(expected)).toBe(true);
});

test.each([
  ['none', Buffer.alloc(4096)],
  ['an empty file', Buffer.alloc(0)],
  ['one with the footer of another', section('paused', { footer: 8 })],
  ['one that is cut', section('paused').subarray(0, -6)],
])('%s changes nothing', async (_, bytes) => {
  const file = join(folder, 'memory');
  writeFileSync(file, bytes);
  expect(await markRunning(file)).toBe(false);
  expect(readFileSync(file).equals(bytes)).toBe(true);
});
