import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { findNvram, templateOf } from '../../../src/snapshot/relaunch-nvram.js';
import type { LaunchRecord } from '../../../src/snapshot/relaunch-record.js';

let folder: string;
const file = (name: string): string => join(folder, name);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nvram-'));
  mkdirSync(file('descriptions'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const describeFirmware = (name: string, executable: string, template: object): void =>
  writeFileSync(
    file(`descriptions/${name}`),
    JSON.stringify({ mapping: { executable: { filename: executable }, 'nvram-template': template } }),
  );

test('the description of the firmware names its template', async () => {
  writeFileSync(file('descriptions/10-broken.json'), '{');
  describeFirmware('20-other.json', '/fw/other.fd', { filename: '/fw/other-vars.fd', format: 'raw' });
  describeFirmware('30-qcow2.json', '/fw/code.fd', { filename: '/fw/vars.qcow2', format: 'qcow2' });
  describeFirmware('40-right.json', '/fw/code.fd', { filename: '/fw/vars.fd', format: 'raw' });
  expect(await templateOf('/fw/code.fd', [file('none'), file('descriptions')])).toBe('/fw/vars.fd');
  expect(await templateOf('/fw/third.fd', [file('descriptions')])).toBeUndefined();
});

test('else it lies beside the firmware', async () => {
  writeFileSync(file('OVMF_VARS_4M.fd'), '');
  expect(await templateOf(file('OVMF_CODE_4M.fd'), [])).toBe(file('OVMF_VARS_4M.fd'));
  expect(await templateOf(file('OVMF_CODE_4M.secboot.fd'), [])).toBe(file('OVMF_VARS_4M.fd'));
  expect(await templateOf(file('OVMF_CODE.fd'), [])).toBeUndefined();
});

test('a guest without a second flash chip has none', async () => {
  const disk = (name: string, ...chain: string[]) => ({ target: name, names: [name], chain });
  const launch = (...disks: ReturnType<typeof disk>[]) => ({ disks }) as unknown as LaunchRecord;
  expect(await findNvram(launch(disk('vda', '/a'), disk('pflash0', '/fw')))).toBeUndefined();
  writeFileSync(file('X_VARS.fd'), '');
  expect(
    await findNvram(
      launch(disk('/machine/system.flash0', file('X_CODE.fd')), disk('/machine/system.flash1', '/v')),
    ),
  ).toEqual({ disk: '/machine/system.flash1', template: file('X_VARS.fd') });
});
