import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { open } from '../../src/drivers/qmp/open.js';
import {
  VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN as CHILDREN,
  VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN_ONLY as CHILDREN_ONLY,
  VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY as DISK_ONLY,
} from '../../src/hypervisor/constants.js';
import type { Connection, Domain, SnapshotDeleteOptions } from '../../src/hypervisor/index.js';
import { QmpClient } from '../../src/qmp/index.js';
import { frozenImages, halfDeletedDisks } from '../../src/snapshot/delete-document.js';
import { plainPath } from '../../src/snapshot/guest-disks.js';
import { Journal } from '../../src/snapshot/journal.js';
import { processBehind } from '../../src/snapshot/qemu-process.js';
import { SnapshotStore } from '../../src/snapshot/snapshot-store.js';
import { domainStateFolder } from '../../src/snapshot/state-folder.js';
import { checkFileSystem } from '../drills/file-system.js';
import { imageSum } from '../drills/image-sum.js';
import { checkImage, qemuImg } from '../drills/qemu-img.js';
import { longForm } from '../support/long-form.js';
import { runProgram } from '../support/program.js';
import { BareGuest, type QemuProgram, qemuPrograms } from '../support/qemu.js';

// Emulated guests, on a machine that may be busy.
jest.setTimeout(240_000);

describe.each(qemuPrograms)('deleting external snapshots on %s', (_, find) => {
  let program: QemuProgram;
  let guest: BareGuest;
  let folder: string;
  let connection: Connection;
  let domain: Domain;
  /** A monitor of its own, on which the guest's stops are heard. */
  let witness: QmpClient;
  /** Events that must not come. */
  let heard: string[];

  /** @param blank with a third disk that the guest leaves alone, and that fill() writes to; named by a relative path. */
  async function start({ blank = false } = {}): Promise<void> {
    program = await find();
    folder = mkdtempSync(join(tmpdir(), 'snapctl-delete-'));
    const second = ['-qmp', `unix:${join(folder, 'second')},server=on,wait=off`];
    if (blank) {
      execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', join(folder, 'blank.qcow2'), '64M']);
      const node = {
        driver: 'qcow2',
        'node-name': 'blank',
        file: { driver: 'file', filename: 'blank.qcow2' },
      };
      second.push('-blockdev', JSON.stringify(node), '-device', 'virtio-blk-pci,drive=blank,id=vdc');
    }
    guest = await BareGuest.start({ program, disks: 2, memory: 160, args: second, cwd: folder });
    process.env.SNAPCTL_STATE_DIR = join(folder, 'state');
    await meet();
  }

  async function meet(): Promise<void> {
    witness = await QmpClient.connect(join(folder, 'second'));
    heard = [];
    void (async () => {
      const events = witness.listen({ events: ['STOP', 'BLOCK_JOB_ERROR', 'BLOCK_IO_ERROR'] });
      for await (const { event } of events) heard.push(event);
    })().catch(() => undefined);
    connection = await open(`qmp://${guest.monitor}`);
    domain = await connection.domainLookupByName('tiny');
  }

  afterEach(async () => {
    await witness?.disconnect();
    await connection?.close();
    const successor = guest && (await processBehind(guest.monitor));
    if (successor && successor.pid !== guest.pid) process.kill(successor.pid, 'SIGKILL');
    await guest?.dispose();
    rmSync(folder, { recursive: true, force: true });
    delete process.env.SNAPCTL_STATE_DIR;
  });

  const file = (name: string): string => join(guest.folder, name);

  /** Takes a snapshot when the guest has written something since the last one. */
  async function take(name: string, { memory = false } = {}): Promise<void> {
    await guest.nextCounter();
    const part = memory ? `<memory snapshot='external' file='${file(`${name}.mem`)}'/>` : '';
    const xml = `<domainsnapshot><name>${name}</name>${part}</domainsnapshot>`;
    await domain.snapshotCreateXML(xml, memory ? 0 : DISK_ONLY);
    await guest.nextCounter();
  }

  /** Writes as much to the third disk as takes a while to merge. */
  async function fill(pattern: number): Promise<void> {
    // Unflushed, it would be in QEMU's own memory in part, and lost with it.
    for (const what of [`write -P ${pattern} 0 24M`, 'flush']) {
      const line = `qemu-io -d /machine/peripheral/vdc/virtio-backend "${what}"`;
      const said = await witness.execute('human-monitor-command', { 'command-line': line });
      expect(said).not.toMatch(/rror/);
    }
  }

  const contents = (image: string): number => imageSum(program, image, join(folder, 'raw'));

  const store = async (): Promise<SnapshotStore> => new SnapshotStore(await domainStateFolder(guest.monitor));

  /** What the disks of each snapshot hold that can be gone back to, by what the documents tell now. */
  async function states(): Promise<Record<string, number[]>> {
    const found: Record<string, number[]> = {};
    for (const { name, xml } of await (await store()).list()) {
      if (halfDeletedDisks(xml).length > 0) continue;
      found[name] = [...frozenImages(xml).values()].map((image) => contents(image.file));
    }
    return found;
  }

  /** Deletes, and sees to it that the guest and the snapshots that stay notice nothing. */
  async function remove(name: string, flags = 0, options: SnapshotDeleteOptions = {}): Promise<void> {
    const before = await states();
    heard = [];
    const snapshot = await domain.snapshotLookupByName(name);
    await snapshot.delete(flags, options);
    const after = await states();
    for (const left of Object.keys(after)) expect([left, after[left]]).toEqual([left, before[left]]);
    await expectHealthy();
  }

  async function expectHealthy(): Promise<void> {
    expect(heard).toEqual([]);
    expect(await witness.execute('query-jobs')).toEqual([]);
    const counter = await guest.nextCounter();
    expect(await guest.nextCounter()).toBeGreaterThan(counter);
    expect(guest.serial.text()).not.toContain('mismatch');
    const state = readdirSync(await domainStateFolder(guest.monitor));
    expect(
      state.filter((name) => name !== 'snapshots' && name !== 'run-reason.json' && name !== 'notice'),
    ).toEqual([]);
    // QEMU has nothing open but what the disks are on.
    const open = (await witness.execute('query-named-block-nodes', { flat: true })).map((node) =>
      plainPath(node.file, folder),
    );
    const used = (await chains()).flat();
    expect(open.filter((name) => !used.includes(name))).toEqual([]);
  }

  /** The images of each disk, top first, as QEMU has them; their headers must agree. */
  async function chains(): Promise<string[][]> {
    const found: string[][] = [];
    for (const { inserted } of await witness.execute('query-block')) {
      const chain: string[] = [];
      for (let image = inserted?.image; image; image = image['backing-image']) chain.push(image.filename);
      const absolute = chain.map((name) => plainPath(name, folder));
      const said = qemuImg(program, 'info', '-U', '--backing-chain', '--output=json', absolute[0] ?? '');
      const told = (JSON.parse(said) as { filename: string }[]).map(({ filename }) => filename);
      expect(told).toEqual(absolute);
      found.push(absolute);
    }
    return found;
  }

  const images = (...names: string[]): string[][] =>
    ['disk0', 'disk1'].map((disk) => names.map((name) => file(`${disk}.${name}`)));

  const names = async (): Promise<string[]> => (await domain.listAllSnapshots()).map(({ name }) => name);

  /** Files of disks and memory that are there. */
  const files = (): string[] =>
    readdirSync(guest.folder)
      .filter((name) => name.startsWith('disk') || name.endsWith('.mem'))
      .sort();

  /** Ends the guest, as a power failure would, and checks what is on its disks. */
  async function expectSoundDisks(): Promise<void> {
    const active = (await chains()).map(([top]) => top ?? '');
    await witness.execute('quit').catch(() => undefined);
    while (await processBehind(guest.monitor)) await delay(20);
    for (const [index, image] of active.entries()) {
      // The third disk has none.
      if (index < 2) checkFileSystem(program, image);
      expect(checkImage(program, image).verdict).not.toBe('broken');
    }
  }

  test('three in a row: the middle one, the last, the first', async () => {
    await start();
    await take('s1', { memory: true });
    await take('s2');
    await take('s3', { memory: true });
    expect(await chains()).toEqual(images('s3', 's2', 's1', 'qcow2'));

    await remove('s2');
    expect(await names()).toEqual(['s1', 's3']);
    // Whichever of the two takes less to move has gone.
    expect(files().filter((name) => /s[12]$/.test(name))).toHaveLength(2);
    expect((await (await domain.snapshotLookupByName('s3')).getParent()).name).toBe('s1');

    await remove('s3');
    expect(files()).not.toContain('s3.mem');
    expect((await domain.snapshotCurrent()).name).toBe('s1');

    await remove('s1');
    expect(await names()).toEqual([]);
    expect(await chains()).toEqual(images('qcow2'));
    expect(files()).toEqual(['disk0.qcow2', 'disk1.qcow2']);
    await expectSoundDisks();
  });

  test('children, and children only', async () => {
    await start();
    for (const name of ['s1', 's2', 's3', 's4']) await take(name);
    await remove('s3', CHILDREN_ONLY);
    expect(await names()).toEqual(['s1', 's2', 's3']);
    await remove('s2', CHILDREN);
    expect(await names()).toEqual(['s1']);
    await remove('s1', CHILDREN);
    expect(await chains()).toEqual(images('qcow2'));
    expect(files()).toEqual(['disk0.qcow2', 'disk1.qcow2']);
    await expectSoundDisks();
  });

  /**
   * What a revert to s2 leaves of a branch that the guest is not on: snapshots t1 and t2 of the first disk, on the image
   * that s2 has frozen (branch1 was gone on in, and frozen by t1; branch2 by t2).
   */
  async function makeBranch(): Promise<void> {
    const layer = (name: string, backing: string, pattern: number): void => {
      guest.createImage('-f', 'qcow2', '-b', file(backing), '-F', 'qcow2', '-u', file(name), '64M');
      const write = `write -P ${pattern} ${pattern}M ${pattern * 192}k`;
      execFileSync('qemu-io', ['-f', 'qcow2', '-c', write, file(name)], { stdio: 'ignore' });
    };
    layer('branch1', 'disk0.s1', 1);
    layer('branch2', 'branch1', 2);
    layer('branch3', 'branch2', 3);
    const told = (
      name: string,
      parent: string,
      overlay: string,
      base: string,
      time: number,
    ): string => `<domainsnapshot>
  <name>${name}</name>
  <state>disk-snapshot</state>
  <parent>
    <name>${parent}</name>
  </parent>
  <creationTime>${time}</creationTime>
  <memory snapshot='no'/>
  <disks>
    <disk name='vda' snapshot='external' type='file'>
      <driver type='qcow2'/>
      <source file='${file(overlay)}'/>
    </disk>
  </disks>
  <domain type='qemu'>
    <devices>
      <disk type='file' device='disk'>
        <driver name='qemu' type='qcow2'/>
        <source file='${file(base)}'/>
        <target dev='vda' bus='virtio'/>
      </disk>
    </devices>
  </domain>
</domainsnapshot>
`;
    const now = Math.floor(Date.now() / 1000);
    await (await store()).put('t1', told('t1', 's2', 'branch2', 'branch1', now + 10));
    await (await store()).put('t2', told('t2', 't1', 'branch3', 'branch2', now + 20));
  }

  test('a branch that the guest is not on is merged too, and what both need stays', async () => {
    await start();
    for (const name of ['s1', 's2', 's3']) await take(name);
    await makeBranch();
    const all = images('s3', 's2', 's1', 'qcow2');
    const notices: string[] = [];

    await remove('s2', 0, { onNotice: (text) => notices.push(text) });
    expect(notices).toContain(`kept '${file('disk0.s1')}': 2 images lie on it`);
    const [first, second] = await chains();
    expect(first).toEqual(all[0]);
    expect(second).toHaveLength(3);
    expect((await (await domain.snapshotLookupByName('t1')).getParent()).name).toBe('s1');

    // Neither image is one that the guest has open.
    await remove('t1');
    const left = ['branch1', 'branch2'].filter((name) => existsSync(file(name)));
    expect(left).toHaveLength(1);

    // The last of the branch: it goes, and what it shared with the guest's chain is merged at last.
    await remove('t2');
    expect(readdirSync(guest.folder).filter((name) => name.startsWith('branch'))).toEqual([]);
    expect((await chains()).map((chain) => chain.length)).toEqual([3, 3]);

    await remove('s1', CHILDREN);
    expect(await chains()).toEqual(images('qcow2'));
    expect(files()).toEqual(['disk0.qcow2', 'disk1.qcow2']);
    await expectSoundDisks();
  });

  /** Goes back by a new QEMU. @returns the number that the guest counts on from. */
  async function goBack(name: string): Promise<number> {
    await witness.disconnect();
    const from = guest.serial.end();
    await (await domain.snapshotLookupByName(name)).revert();
    await connection.close();
    await meet();
    await guest.nextCounter();
    const numbers = guest.serial.numbers('counter', from);
    // The old one may have said some until it ended.
    const jump = numbers.findIndex((number, index) => index > 0 && number <= (numbers[index - 1] ?? 0));
    return numbers[Math.max(jump, 0)] ?? -1;
  }

  test('after going back: the middle of what has branched, then the branches', async () => {
    await start({ blank: true });
    const at: Record<string, number> = {};
    for (const [index, name] of ['s1', 's2'].entries()) {
      await take(name, { memory: true });
      at[name] = guest.serial.counter() ?? -1;
      await fill(index + 1);
    }
    await guest.serial.waitFor(new RegExp(`^counter ${(at.s2 ?? 0) + 8}$`));
    expect(await goBack('s1')).toBeLessThanOrEqual(at.s1 ?? 0);
    await fill(7);
    await take('t1', { memory: true });
    await fill(8);
    await take('t2');
    const parents = async (): Promise<Record<string, string>> =>
      Object.fromEntries(
        (await (await store()).list()).map(({ name, description }) => [name, description.parent ?? '']),
      );
    expect(await parents()).toEqual({ s1: '', s2: 's1', t1: 's1', t2: 't1' });

    // Two branches lie on what s1 has frozen: only its document and its memory go.
    await remove('s1');
    expect(await parents()).toEqual({ s2: '', t1: '', t2: 't1' });
    expect(files()).toContain('disk0.qcow2');
    expect(files()).not.toContain('s1.mem');

    await remove('t1');
    expect(await parents()).toEqual({ s2: '', t2: '' });
    // On to the other branch, whose images nobody had open meanwhile, and back.
    expect(await goBack('s2')).toBeLessThanOrEqual(at.s2 ?? 0);
    await remove('t2');
    await remove('s2');
    expect(await names()).toEqual([]);
    expect((await chains()).map((chain) => chain.length)).toEqual([1, 1, 1]);
    expect(files()).toHaveLength(2);
    await expectSoundDisks();
  });

  /** Three snapshots, each with something to merge. */
  async function startFilled(): Promise<void> {
    await start({ blank: true });
    for (const [index, name] of ['s1', 's2', 's3'].entries()) {
      await take(name);
      await fill(index + 1);
    }
  }

  /** Deletes slowly, and interrupts it when images are being merged. @returns how it failed */
  async function interrupt(name: string): Promise<unknown> {
    const abort = new AbortController();
    const snapshot = await domain.snapshotLookupByName(name);
    const options = {
      bandwidth: 2 * 2 ** 20,
      signal: abort.signal,
      onProgress: () => abort.abort(new Error('enough')),
    };
    return snapshot.delete(0, options).then(
      () => undefined,
      (error: unknown) => error,
    );
  }

  test('interrupted, it leaves all as it was but the snapshot itself, and is finished when it is run again', async () => {
    await startFilled();
    const before = await states();
    const error = await interrupt('s2');
    expect(String(error)).toMatch(/enough; 's2' can't be reverted to any more: delete again to finish/);
    expect(halfDeletedDisks((await (await store()).find('s2'))?.xml ?? '')).not.toEqual([]);
    const after = await states();
    for (const name of ['s1', 's3']) expect(after[name]).toEqual(before[name]);
    await expectHealthy();

    await remove('s2');
    expect((await chains()).map((chain) => chain.length)).toEqual([3, 3, 3]);
    await remove('s1', CHILDREN);
    expect(files()).toEqual(['disk0.qcow2', 'disk1.qcow2']);
    await expectSoundDisks();
  });

  test('QEMU dies while the last one is merged: nothing is lost, and it is told what to go on with', async () => {
    const name = 's3';
    await startFilled();
    const { [name]: _gone, ...before } = await states();
    const active = await chains();
    const state = await domainStateFolder(guest.monitor);
    const snapshot = await domain.snapshotLookupByName(name);
    // The third disk has most to be merged, and nobody writes to it.
    const third = contents(active[2]?.[0] ?? '');
    const options = {
      bandwidth: 2 * 2 ** 20,
      onProgress: ({ transferred }: { transferred: number }) => {
        if (transferred > 2 ** 20) process.kill(guest.pid, 'SIGKILL');
      },
    };
    const error = await snapshot.delete(0, options).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    await guest.exited();
    expect(String(error)).toContain(`'${name}' can't be reverted to any more: delete again to finish`);
    expect(await Journal.read(state)).toBeUndefined();
    expect(await states()).toEqual(before);
    const [, told] = /start the guest on '([^']*)'/.exec(String(error)) ?? [];
    expect(told).toBe(active[2]?.[0]);
    expect(contents(told ?? '')).toBe(third);
    // The other disks' overlays may have been merged already.
    for (const chain of active)
      expect(checkImage(program, chain.find((image) => existsSync(image)) ?? '').verdict).not.toBe('broken');
  });

  test('a dry run tells the merges, the bytes and the files, and touches nothing', async () => {
    await start();
    await take('s1', { memory: true });
    heard = [];
    const there = files();
    const snapshot = await domain.snapshotLookupByName('s1');
    const plan = await snapshot.planDelete?.(0);
    expect(plan?.merges.map(({ method, into }) => [method, into])).toEqual([
      ['commit', file('disk0.qcow2')],
      ['commit', file('disk1.qcow2')],
    ]);
    expect(plan?.remove.map((each) => each.file).sort()).toEqual(
      ['disk0.s1', 'disk1.s1', 's1.mem'].map(file).sort(),
    );
    expect(plan?.bytes).toBeGreaterThan(0);
    expect(files()).toEqual(there);
    await expectHealthy();
  });

  test.each(longForm ? ['the last', 'the middle one'] : ['the last'])(
    'killed while %s is merged, somebody goes on with it',
    async (which) => {
      // With enough to merge that it can't be through before it is seen.
      await startFilled();
      const name = which === 'the last' ? 's3' : 's2';
      const { [name]: _gone, ...before } = await states();
      await connection.release();
      const words = ['snapshot-delete', 'tiny', name, '--bandwidth', '4M'];
      const state = await domainStateFolder(guest.monitor);
      let killed = false;
      let timer: NodeJS.Timeout | undefined;
      const result = await runProgram(`qmp://${guest.monitor}`, words, {
        env: { SNAPCTL_STATE_DIR: join(folder, 'state') },
        started: (child) => {
          timer = setInterval(async () => {
            if (killed || !(await witness.execute('query-jobs')).length) return;
            killed = true;
            clearInterval(timer);
            child.kill('SIGKILL');
          }, 5);
        },
      });
      clearInterval(timer);
      expect(result.signal).toBe('SIGKILL');
      while (await Journal.read(state)) await delay(50);
      expect(await names()).not.toContain(name);
      expect(await states()).toEqual(before);
      expect((await chains()).map((chain) => chain.length)).toEqual([3, 3, 3]);
      await expectHealthy();
      await remove('s1', CHILDREN);
      expect(files()).toEqual(['disk0.qcow2', 'disk1.qcow2']);
      await expectSoundDisks();
    },
  );
});
