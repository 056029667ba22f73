import { chmodSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { runProgram } from '../support/program.js';
import { BareGuest, qemuPrograms } from '../support/qemu.js';

/** Debian's nobody. */
const user = { uid: 65534, gid: 65534 };

describe.each(qemuPrograms)('%s as another user', (_, find) => {
  let guest: BareGuest;
  afterEach(async () => guest?.dispose());

  test('can use what is made for it, and says so where it cannot', async () => {
    guest = await BareGuest.start({ program: await find(), user });
    const run = (...words: string[]) =>
      runProgram(`qmp://${guest.monitor}`, words, {
        env: { SNAPCTL_STATE_DIR: join(guest.folder, 'state') },
      });
    const memory = join(guest.folder, 's1.mem');
    for (const [name, ...how] of [
      ['s1', '--live', '--memspec', memory],
      ['s2', '--disk-only'],
      ['s3', '--memspec', join(guest.folder, 's3.mem')],
    ]) {
      expect(await run('snapshot-create-as', 'tiny', name ?? '', ...how)).toMatchObject({
        code: 0,
        stderr: '',
      });
      expect(statSync(join(guest.folder, `disk0.${name}`))).toMatchObject(user);
    }
    expect(statSync(memory).mode & 0o777).toBe(0o600);
    expect(statSync(memory).size).toBeGreaterThan(10_000_000);
    expect(await run('dump', 'tiny', join(guest.folder, 'core'), '--memory-only')).toMatchObject({ code: 0 });

    // A folder that QEMU cannot enter: its new image would be out of its reach.
    chmodSync(guest.folder, 0o700);
    const closed = join(guest.folder, 'state', 'closed.qcow2');
    const refused = await run(
      'snapshot-create-as',
      'tiny',
      's4',
      '--disk-only',
      '--diskspec',
      `vda,file=${closed}`,
    );
    expect(refused.stderr).toMatch(/^error: .*closed\.qcow2.*Permission denied/);
    expect(refused.code).toBe(1);
    expect((await run('domblklist', 'tiny')).stdout).toContain('disk0.s3');
    expect((await run('domstate', 'tiny')).stdout.trim()).toBe('running');
    expect(statSync(closed, { throwIfNoEntry: false })).toBeUndefined();
  }, 180_000);
});
