import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import {
  VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY,
  VIR_DOMAIN_SNAPSHOT_CREATE_LIVE,
  VIR_DOMAIN_SNAPSHOT_CREATE_QUIESCE,
} from '../../src/hypervisor/constants.js';
import { queryBlockGraph } from '../../src/qmp/index.js';
import { connectGuest } from '../../src/snapshot/connect-guest.js';
import type { Guest } from '../../src/snapshot/guest.js';
import { guestDisks } from '../../src/snapshot/guest-disks.js';
import { lostWrites } from '../../src/snapshot/lost-writes.js';
import { MemoryPipe } from '../../src/snapshot/memory-pipe.js';
import type { Method } from '../../src/snapshot/method.js';
import { planSnapshot } from '../../src/snapshot/plan.js';
import { parseSnapshotXml } from '../../src/snapshot/snapshot-description.js';
import { SnapshotStore } from '../../src/snapshot/snapshot-store.js';
import { type SnapshotTaken, takeSnapshot } from '../../src/snapshot/take.js';
import { BareGuest, bothQemuPrograms, qemuPrograms } from '../support/qemu.js';

/** Takes a snapshot through the engine, as a driver does. */
async function take(guest: Guest, xml: string, flags: number, method?: Method): Promise<SnapshotTaken> {
  const description = parseSnapshotXml(xml);
  const plan = planSnapshot(
    { ...description, name: description.name ?? '' },
    flags,
    guestDisks(await queryBlockGraph(guest.qmp)),
  );
  const { running } = await guest.qmp.execute('query-status');
  return takeSnapshot(guest, plan, { flags, method, xml, running, signal: new AbortController().signal });
}

const document = (name: string, rest = ''): string =>
  `<domainsnapshot><name>${name}</name>${rest}</domainsnapshot>`;

describe.each(bothQemuPrograms)('the snapshot engine on %s', (name, find) => {
  let bare: BareGuest;
  let guest: Guest;

  afterEach(async () => {
    await guest?.qmp.disconnect();
    await bare?.dispose();
    delete process.env.SNAPCTL_STATE_DIR;
  });

  async function boot(options: { dirty?: number; disks?: number } = {}): Promise<void> {
    bare = await BareGuest.start({ program: await find(), ...options });
    process.env.SNAPCTL_STATE_DIR = join(bare.folder, 'state');
    guest = await connectGuest(bare.monitor);
  }

  async function expectHealthy(): Promise<void> {
    expect((await guest.qmp.execute('query-status')).running).toBe(true);
    const before = await bare.nextCounter();
    expect(await bare.nextCounter()).toBeGreaterThan(before);
    const state = existsSync(guest.folder) ? readdirSync(guest.folder) : [];
    expect(state.filter((name) => name !== 'snapshots' && name !== 'run-reason.json')).toEqual([]);
  }

  const checkImage = (file: string): void => {
    const env = { ...process.env, ...bare.program.env };
    execFileSync(bare.program.qemuImg, ['check', '-q', file], { env, stdio: 'pipe' });
  };

  /** Pipes that QEMU has an end of. */
  const pipes = (): string[] => {
    const folder = `/proc/${guest.process?.pid}/fd`;
    const links = readdirSync(folder).map((each) => {
      try {
        return readlinkSync(join(folder, each));
      } catch {
        return '';
      }
    });
    return links.filter((link) => link.startsWith('pipe:')).sort();
  };

  const activeFiles = async (): Promise<string[]> =>
    guestDisks(await queryBlockGraph(guest.qmp)).map(({ medium }) => medium?.file ?? '');

  const wanted = qemuPrograms.some(([each]) => each === name);
  const methods = wanted ? (['background', 'precopy', 'stopped'] as const) : (['background'] as const);

  test.each(methods)('memory and two disks by %s', async (method) => {
    await boot({ disks: 2, dirty: 20 });
    const memory = join(bare.folder, 's1.mem');
    const xml = document('s1', `<memory snapshot='external' file='${memory}'/>`);
    const before = pipes();
    const taken = await take(guest, xml, VIR_DOMAIN_SNAPSHOT_CREATE_LIVE, method);

    // Where pre-copy has one pass only, the guest is stopped for its beginning, too.
    const stops = method === 'precopy' && (await lostWrites(guest)) !== undefined ? 2 : 1;
    expect(taken).toMatchObject({ method, reason: 'asked for', pause: { stops, resumes: stops } });
    expect(taken.pause?.milliseconds).toBeGreaterThan(0);
    expect(statSync(memory).mode & 0o777).toBe(0o600);
    expect(statSync(memory).size).toBeGreaterThan(10_000_000);
    expect(pipes()).toEqual(before);
    const files = [join(bare.folder, 'disk0.s1'), join(bare.folder, 'disk1.s1')];
    expect(await activeFiles()).toEqual(files);
    for (const file of files) {
      expect(statSync(file).mode & 0o777).toBe(0o600);
    }
    expect(await new SnapshotStore(guest.folder).current()).toBe('s1');
    expect(await guest.qmp.execute('query-migrate-capabilities')).not.toContainEqual({
      capability: 'background-snapshot',
      state: true,
    });
    await expectHealthy();

    await guest.qmp.execute('quit').catch(() => undefined);
    await bare.exited();
    for (const file of [...bare.disks, ...files]) checkImage(file);
  });

  test('where no descriptor gets through to QEMU, memory comes on a socket', async () => {
    bare = await BareGuest.start({ program: await find(), disks: 1 });
    process.env.SNAPCTL_STATE_DIR = join(bare.folder, 'state');
    const path = join(bare.folder, 'proxy.sock');
    // It hands bytes on, and nothing else.
    const proxy = createServer((client) => {
      const monitor = connect(bare.monitor);
      for (const [from, to] of [[client, monitor] as const, [monitor, client] as const])
        from
          .on('error', () => undefined)
          .on('close', () => to.destroy())
          .pipe(to);
    }).listen(path);
    try {
      await once(proxy, 'listening');
      guest = await connectGuest(path);
      await expect(MemoryPipe.open(guest.qmp, AbortSignal.timeout(10_000))).resolves.toBeUndefined();
      const memory = join(bare.folder, 'p1.mem');
      const xml = document('p1', `<memory snapshot='external' file='${memory}'/>`);
      const taken = await take(guest, xml, VIR_DOMAIN_SNAPSHOT_CREATE_LIVE, 'background');
      expect(taken).toMatchObject({ method: 'background', pause: { stops: 1, resumes: 1 } });
      expect(statSync(memory).size).toBeGreaterThan(10_000_000);
      await expectHealthy();
    } finally {
      await guest?.qmp.disconnect();
      proxy.close();
    }
  });

  // What is done without migration doesn't differ between versions.
  if (!wanted) return;

  test('disks alone, frozen meanwhile', async () => {
    await boot({ disks: 2 });
    const flags = VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY | VIR_DOMAIN_SNAPSHOT_CREATE_QUIESCE;
    expect(await take(guest, document('d1'), flags)).toMatchObject({ method: 'none' });
    expect(await activeFiles()).toEqual([join(bare.folder, 'disk0.d1'), join(bare.folder, 'disk1.d1')]);
    await expectHealthy();
  });

  test('everything into the images themselves', async () => {
    await boot({ disks: 2 });
    expect(await take(guest, document('i1'), 0)).toMatchObject({
      method: 'internal',
      pause: { stops: 1, resumes: 1 },
    });
    const [disk] = guestDisks(await queryBlockGraph(guest.qmp));
    expect(disk?.medium?.image.snapshots).toMatchObject([{ name: 'i1' }]);
    expect(disk?.medium?.image.snapshots?.[0]?.['vm-state-size']).toBeGreaterThan(1_000_000);
    await expectHealthy();
  });

  test('a memory image that nobody can write leaves QEMU without an end of a pipe', async () => {
    await boot({ disks: 1 });
    const before = pipes();
    // There is such a folder, and no file can be made in it.
    const xml = document('n1', `<memory snapshot='external' file='/proc/self/n1.mem'/>`);
    await expect(take(guest, xml, VIR_DOMAIN_SNAPSHOT_CREATE_LIVE)).rejects.toThrow(/cannot write '\/proc/);
    expect(pipes()).toEqual(before);
    await expectHealthy();
  });

  test('a file in the way is refused and nothing is touched', async () => {
    await boot();
    const xml = document('s1', `<memory snapshot='external' file='${bare.disks[0]}'/>`);
    await expect(take(guest, xml, VIR_DOMAIN_SNAPSHOT_CREATE_LIVE)).rejects.toThrow('already exists');
    expect(existsSync(join(bare.folder, 'disk0.s1'))).toBe(false);
    expect(await activeFiles()).toEqual([bare.disks[0]]);
    await expectHealthy();
  });
});
