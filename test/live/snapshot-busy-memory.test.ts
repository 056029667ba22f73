import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { VIR_DOMAIN_SNAPSHOT_CREATE_LIVE } from '../../src/hypervisor/constants.js';
import { connectGuest } from '../../src/snapshot/connect-guest.js';
import type { Method } from '../../src/snapshot/method.js';
import type { SnapshotTaken } from '../../src/snapshot/take.js';
import { take } from '../drills/engine.js';
import { BareGuest, qemuPrograms } from '../support/qemu.js';

const MIB = 2 ** 20;
const MEMORY = 512;

/** A guest that changes its memory as fast as it can never makes a snapshot run away. */
describe.each(qemuPrograms)('a guest on %s that rewrites 200 MiB in a loop', (_, find) => {
  let guest: BareGuest;

  beforeAll(async () => {
    guest = await BareGuest.start({ program: await find(), memory: MEMORY, dirty: 200 });
    process.env.SNAPCTL_STATE_DIR = join(guest.folder, 'state');
    // All of it has been written once: what is resident doesn't grow any more.
    await guest.serial.waitFor(/^rewrite pass 1,/, { timeout: 120_000 });
  }, 240_000);

  afterAll(async () => {
    delete process.env.SNAPCTL_STATE_DIR;
    await guest?.dispose();
  });

  /** Bytes of the guest's RAM that are in memory: of the mapping that has its size. */
  const residentRam = (): number => {
    const maps = readFileSync(`/proc/${guest.pid}/smaps`, 'utf8').split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m);
    const kib = (map: string, field: string): number =>
      Number(new RegExp(`^${field}: +(\\d+) kB`, 'm').exec(map)?.[1] ?? 0);
    return (
      Math.max(
        ...maps.filter((map) => kib(map, 'Size') >= (MEMORY / 2) * 1024).map((map) => kib(map, 'Rss')),
      ) * 1024
    );
  };

  async function takeMemory(name: string, method?: Method): Promise<{ taken: SnapshotTaken; size: number }> {
    const memory = join(guest.folder, `${name}.mem`);
    const xml = `<domainsnapshot><name>${name}</name><memory snapshot='external' file='${memory}'/></domainsnapshot>`;
    const connected = await connectGuest(guest.monitor);
    try {
      const taken = await take(connected, xml, VIR_DOMAIN_SNAPSHOT_CREATE_LIVE, method);
      return { taken, size: statSync(memory).size };
    } finally {
      await connected.qmp.disconnect();
    }
  }

  const goesOn = async (): Promise<void> => {
    const before = await guest.nextCounter({ timeout: 60_000 });
    expect(await guest.nextCounter({ timeout: 60_000 })).toBeGreaterThan(before);
  };

  test('its memory image is no larger than what is resident, in the background', async () => {
    for (const name of ['b1', 'b2']) {
      const resident = residentRam();
      expect(resident).toBeGreaterThan(200 * MIB);
      const { taken, size } = await takeMemory(name, 'background');
      expect(taken.passes).toBeLessThanOrEqual(1);
      expect(size).toBeGreaterThan(150 * MIB);
      expect(size / resident).toBeLessThanOrEqual(1.05);
      await goesOn();
    }
  }, 180_000);

  test('pre-copy ends within its bounds', async () => {
    const { taken, size } = await takeMemory('p1', 'precopy');
    // 1.5 times its memory is where the guest is stopped for what is left, at most all of it once more.
    expect(size).toBeLessThanOrEqual(2.5 * MEMORY * MIB);
    expect(taken.passes).toBeLessThanOrEqual(40);
    await goesOn();
  }, 180_000);

  test('left to choose, snapctl takes it in the background, and says why', async () => {
    const { taken } = await takeMemory('c1');
    expect(taken.method).toBe('background');
    expect(taken.reason).not.toBe('');
    await goesOn();
  }, 180_000);
});
