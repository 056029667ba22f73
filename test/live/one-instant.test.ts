import { join } from 'node:path';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { takeWithLateDisk } from '../drills/late-disk.js';
import { compareRestored, InstantProof } from '../drills/one-instant.js';
import { type QemuProgram, qemuPrograms } from '../support/qemu.js';

// Two emulated guests at a time, on a machine that may be busy. The long form is `test/drills/run.mjs --only instant`.
jest.setTimeout(240_000);

describe.each(qemuPrograms)('memory and disks of one instant, on %s', (_, find) => {
  let program: QemuProgram;
  let proof: InstantProof;

  afterEach(async () => {
    await proof?.dispose();
    delete process.env.SNAPCTL_STATE_DIR;
  });

  async function start(): Promise<void> {
    program = await find();
    proof = await InstantProof.start(program);
    process.env.SNAPCTL_STATE_DIR = join(proof.guest.folder, 'state');
  }

  test('by each method, under load', async () => {
    await start();
    for (const method of ['background', 'precopy', 'stopped'] as const) {
      const before = await proof.nextAtom();
      const { taken, comparison, atMost } = await proof.prove(method);
      expect(taken.method).toBe(method);
      expect(comparison.mismatches).toEqual([]);
      expect(comparison.from).toBeGreaterThan(before);
      expect(comparison.from).toBeLessThanOrEqual(atMost + 1000);
    }
    expect(proof.guest.serial.text()).not.toContain('mismatch');
  });

  test('a disk that comes too late is found out by the same check', async () => {
    await start();
    const late = await takeWithLateDisk(proof.guest);
    const { mismatches } = await compareRestored(program, late);
    expect(mismatches).toContainEqual(expect.stringMatching(/^atom mismatch memory \d+ disk \d+ \/data2$/));
    expect(mismatches).not.toContainEqual(expect.stringMatching(/^atom mismatch .* \/data$/));
  });
});
