import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { runProgram } from '../support/program.js';
import { BareGuest } from '../support/qemu.js';
import { vhostUserBackend } from '../support/vhost-user.js';

let guest: BareGuest | undefined;
let server: Server | undefined;
let folder: string;

afterEach(async () => {
  await guest?.dispose();
  server?.close();
  rmSync(folder, { recursive: true, force: true });
});

test('memory that another process writes to is not taken in the background', async () => {
  folder = mkdtempSync(join(tmpdir(), 'snapctl-vhost-'));
  server = await vhostUserBackend(join(folder, 'net'));
  guest = await BareGuest.start({
    memory: 64,
    unready: true,
    args: [
      ...['-object', 'memory-backend-memfd,id=ram,size=64M,share=on', '-machine', 'memory-backend=ram'],
      ...['-chardev', `socket,id=vu,path=${join(folder, 'net')}`],
      ...['-netdev', 'vhost-user,id=net0,chardev=vu', '-device', 'virtio-net-pci,netdev=net0,romfile='],
    ],
  });
  const { monitor } = guest;
  const memory = join(folder, 'm.mem');
  const run = (...words: string[]) =>
    runProgram(
      `qmp://${monitor}`,
      ['--json', 'snapshot-create-as', 'tiny', 's1', '--live', '--memspec', memory, ...words],
      { env: { SNAPCTL_STATE_DIR: join(folder, 'state') } },
    );
  const refused = await run('--method', 'background');
  expect(refused.code).toBe(1);
  expect(`${refused.stdout}${refused.stderr}`).toContain(
    '--method background is not possible: the guest has a vhost-user device',
  );
  expect(existsSync(memory)).toBe(false);
  const { stdout, stderr } = await run();
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toMatchObject({
    method: 'precopy',
    reason: 'background is not possible: the guest has a vhost-user device',
  });
}, 120_000);
