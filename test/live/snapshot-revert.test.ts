import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { GuestAgent } from '../../src/agent/guest-agent.js';
import { open } from '../../src/drivers/qmp/open.js';
import {
  VIR_DOMAIN_PAUSED,
  VIR_DOMAIN_PAUSED_FROM_SNAPSHOT,
  VIR_DOMAIN_RUNNING,
  VIR_DOMAIN_RUNNING_FROM_SNAPSHOT,
  VIR_DOMAIN_RUNNING_UNPAUSED,
  VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY,
  VIR_DOMAIN_SNAPSHOT_CREATE_LIVE,
  VIR_DOMAIN_SNAPSHOT_REVERT_FORCE,
  VIR_DOMAIN_SNAPSHOT_REVERT_PAUSED,
  VIR_ERR_SNAPSHOT_REVERT_RISKY,
} from '../../src/hypervisor/constants.js';
import type { Connection, Domain } from '../../src/hypervisor/index.js';
import { processBehind } from '../../src/snapshot/qemu-process.js';
import { checkFileSystem } from '../drills/file-system.js';
import { longForm } from '../support/long-form.js';
import { BareGuest, type BareGuestOptions, qemuPrograms } from '../support/qemu.js';

// Emulated guests, two at a time while one takes the other's place, on a machine that may be busy.
jest.setTimeout(240_000);

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The first number that doesn't count on from the one before: the old guest may have said some until it ended. */
function afterJump(numbers: readonly number[]): number {
  const jump = numbers.findIndex((number, index) => index > 0 && number !== (numbers[index - 1] ?? 0) + 1);
  return numbers[Math.max(jump, 0)] ?? -1;
}

/** Ports that nobody listens on just now. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}

/** Those of some TCP ports that somebody listens on. */
function listenedOn(ports: readonly number[]): number[] {
  // sl local_address rem_address st; state 0A is LISTEN.
  const listening = [...readFileSync('/proc/net/tcp', 'latin1').matchAll(/^ *\d+: \w+:(\w+) \S+ 0A /gm)];
  const open = new Set(listening.map(([, port]) => Number.parseInt(port ?? '', 16)));
  return ports.filter((port) => open.has(port));
}

/** Processes whose command line names something of a folder and that are QEMUs. */
function qemusOn(folder: string): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((entry) => {
      try {
        const words = readFileSync(`/proc/${entry}/cmdline`, 'latin1').split('\0');
        return /qemu-system/.test(words[0] ?? '') && words.some((word) => word.includes(folder));
      } catch {
        return false;
      }
    })
    .map(Number);
}

describe.each(qemuPrograms)('going back by a new QEMU, on %s', (_, find) => {
  let bare: BareGuest;
  let connection: Connection;
  let domain: Domain;
  let atom: boolean;

  afterEach(async () => {
    await connection?.close();
    const successor = bare && (await processBehind(bare.monitor));
    if (successor && successor.pid !== bare.pid) process.kill(successor.pid, 'SIGKILL');
    await bare?.dispose();
    delete process.env.SNAPCTL_STATE_DIR;
  });

  async function boot(options: BareGuestOptions = {}): Promise<void> {
    atom = options.atom ?? true;
    bare = await BareGuest.start({
      program: await find(),
      disks: 2,
      memory: 160,
      atom: true,
      ...options,
    });
    process.env.SNAPCTL_STATE_DIR = join(bare.folder, 'state');
    await proved();
    await meet();
  }

  /** Waits until the guest has compared memory and disks, if it does. */
  async function proved(from = 0): Promise<void> {
    if (atom) await bare.serial.waitFor(/^atom \d+$/, { from });
  }

  async function meet(): Promise<void> {
    connection = await open(`qmp://${bare.monitor}`);
    domain = await connection.domainLookupByName('tiny');
  }

  const take = (name: string, flags = VIR_DOMAIN_SNAPSHOT_CREATE_LIVE, method?: string) => {
    const memory =
      flags === VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY
        ? ''
        : `<memory snapshot='external' file='${join(bare.folder, `${name}.mem`)}'/>`;
    const xml = `<domainsnapshot><name>${name}</name>${memory}</domainsnapshot>`;
    return domain.snapshotCreateXML(xml, flags, { method });
  };

  /** Goes back, and looks at what the guest says from then on. @returns the first number. */
  async function goBack(name: string, flags = 0): Promise<number> {
    const from = bare.serial.end();
    const pid = (await processBehind(bare.monitor))?.pid;
    await (await domain.snapshotLookupByName(name)).revert(flags);
    await connection.close();
    const successor = await processBehind(bare.monitor);
    expect(successor?.pid).toBeGreaterThan(0);
    expect(successor?.pid).not.toBe(pid);
    expect(existsSync(`/proc/${pid}/fd/0`)).toBe(false);
    await meet();
    if ((flags & VIR_DOMAIN_SNAPSHOT_REVERT_PAUSED) !== 0) return 0;
    expect(await domain.getState()).toEqual({
      state: VIR_DOMAIN_RUNNING,
      reason: VIR_DOMAIN_RUNNING_FROM_SNAPSHOT,
    });
    // The old one may have said something until it ended.
    await proved(bare.serial.end());
    await bare.nextCounter();
    expect(bare.serial.text(from)).not.toMatch(/mismatch|^ready|^failed/m);
    return afterJump(bare.serial.numbers('counter', from));
  }

  async function expectWhole(besides: readonly string[] = []): Promise<void> {
    const state = readdirSync(await stateFolder());
    expect(
      state.filter((name) => name !== 'snapshots' && name !== 'run-reason.json' && !besides.includes(name)),
    ).toEqual([]);
    expect(readdirSync(bare.folder).filter((name) => /snapctl/.test(name))).toEqual([]);
    const agent = await GuestAgent.connect(bare.agent, { timeout: 10_000 });
    await agent.ping();
    expect(await agent.isFrozen()).toBe(false);
    agent.close();
  }

  async function stateFolder(): Promise<string> {
    const root = join(bare.folder, 'state', 'qmp');
    return join(root, readdirSync(root)[0] ?? '');
  }

  test('memory and disks jump back, again and again, and forward', async () => {
    await boot({ dirty: 8 });
    const spans = new Map<string, readonly [from: number, to: number]>();
    for (const [name, method] of [
      ['s1', 'background'],
      ['s2', 'precopy'],
    ] as const) {
      const from = await bare.nextCounter();
      await take(name, VIR_DOMAIN_SNAPSHOT_CREATE_LIVE, method);
      const to = await bare.nextCounter();
      spans.set(name, [from, to]);
      await bare.serial.waitFor(new RegExp(`^counter ${to + 5}$`));
    }

    const last = Math.max(...[...spans.values()].map(([, to]) => to));
    for (const name of ['s1', 's1', 's2', 's1', 's2']) {
      // Beyond both, or the new one might count on where the old one has just come to, and no jump would be seen.
      while ((await bare.nextCounter()) <= last);
      const number = await goBack(name);
      const [from, to] = spans.get(name) ?? [0, 0];
      expect(number).toBeGreaterThanOrEqual(from);
      expect(number).toBeLessThanOrEqual(to);
      expect((await domain.snapshotCurrent()).name).toBe(name);
      expect(await domain.snapshotListNames()).toEqual(['s1', 's2']);
      expect((await (await domain.snapshotLookupByName('s2')).getParent()).name).toBe('s1');
      await expectWhole();
      await bare.nextCounter();
    }
    // What nobody needs has gone: each snapshot has one overlay for each disk, and what it froze stays.
    const images = readdirSync(bare.folder).filter((name) => name.startsWith('disk0'));
    expect(images).toHaveLength(3);
    await take('s3', 0);
    expect(await goBack('s3')).toBeGreaterThan(0);
    for (const disk of bare.disks) checkFileSystem(bare.program, disk);
  });

  test('paused where asked, and to a paused moment', async () => {
    await boot({ atom: false });
    await bare.nextCounter();
    await domain.suspend();
    await take('still', 0);
    await domain.resume();
    await goBack('still', VIR_DOMAIN_SNAPSHOT_REVERT_PAUSED);
    expect(await domain.getState()).toEqual({
      state: VIR_DOMAIN_PAUSED,
      reason: VIR_DOMAIN_PAUSED_FROM_SNAPSHOT,
    });
    await domain.resume();
    expect((await domain.getState()).reason).toBe(VIR_DOMAIN_RUNNING_UNPAUSED);
    await bare.nextCounter();
    await expectWhole();
  });

  test('disks alone: from power-on, only by force', async () => {
    await boot({ atom: false });
    const before = await bare.nextCounter();
    await take('disks', VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY);
    const after = await bare.nextCounter();
    await bare.serial.waitFor(new RegExp(`^counter ${after + 5}$`));
    const snapshot = await domain.snapshotLookupByName('disks');
    await expect(snapshot.revert()).rejects.toMatchObject({ code: VIR_ERR_SNAPSHOT_REVERT_RISKY });
    const from = bare.serial.end();
    await snapshot.revert(VIR_DOMAIN_SNAPSHOT_REVERT_FORCE);
    await bare.serial.waitFor(/^ready/, { from, timeout: 120_000 });
    await bare.nextCounter();
    const counter = afterJump(bare.serial.numbers('counter', from));
    expect(counter).toBeGreaterThanOrEqual(before);
    expect(counter).toBeLessThanOrEqual(after + 1);
  });

  test('what cannot be loaded leaves the guest running, and nothing behind', async () => {
    await boot({ atom: false });
    await take('s1');
    const before = readdirSync(bare.folder).sort();
    const memory = join(bare.folder, 's1.mem');
    const whole = readFileSync(memory);
    const cut = Buffer.from(whole);
    cut.fill(0xa5, 200_000, 260_000);
    for (const [broken, reason] of [
      [whole.subarray(0, whole.length / 2), /load|ended/],
      [cut, /load|ended/],
      [Buffer.from('nothing of the kind'), /no memory image/],
    ] as const) {
      writeFileSync(memory, broken);
      const { pid } = bare;
      await expect((await domain.snapshotLookupByName('s1')).revert()).rejects.toThrow(reason);
      expect((await processBehind(bare.monitor))?.pid).toBe(pid);
      expect(readdirSync(bare.folder).sort()).toEqual(before);
      await connection.close();
      await meet();
      expect((await domain.getState()).state).toBe(VIR_DOMAIN_RUNNING);
      const counter = await bare.nextCounter();
      expect(await bare.nextCounter()).toBeGreaterThan(counter);
      await expectWhole();
    }
  });

  test('an interrupt while memory is loaded', async () => {
    await boot({ atom: false });
    await take('s1');
    const before = readdirSync(bare.folder).sort();
    const interrupt = new AbortController();
    const back = (await domain.snapshotLookupByName('s1')).revert(0, {
      signal: interrupt.signal,
      onProgress: () => interrupt.abort(),
    });
    await expect(back).rejects.toThrow(/abort/);
    expect((await processBehind(bare.monitor))?.pid).toBe(bare.pid);
    expect(readdirSync(bare.folder).sort()).toEqual(before);
    await connection.close();
    await meet();
    await bare.nextCounter();
    await expectWhole();
    expect(await goBack('s1')).toBeGreaterThan(0);
  });

  test('killed at whatever instant: either the old guest runs on, or the new one does', async () => {
    await boot({ atom: false });
    await take('s1');
    await connection.close();
    const overlays = () => readdirSync(bare.folder).filter((name) => name.startsWith('disk'));
    const files = overlays().length;
    for (const milliseconds of longForm ? [250, 350, 450, 600, 800, 1100, 1500] : [350, 600, 1100]) {
      const before = (await processBehind(bare.monitor))?.pid;
      const snapctl = spawn(
        process.execPath,
        [join(root, 'dist/snapctl.js'), '-c', `qmp://${bare.monitor}`, 'snapshot-revert', 'tiny', 's1'],
        { env: { ...process.env }, stdio: 'ignore' },
      );
      const ended = once(snapctl, 'exit');
      await delay(milliseconds);
      snapctl.kill('SIGKILL');
      await ended;
      // The guardian is at it now, if there is anything to do.
      const folder = await stateFolder();
      while (existsSync(join(folder, 'journal.json'))) await delay(20);
      const after = (await processBehind(bare.monitor))?.pid;
      expect(after).toBeGreaterThan(0);
      if (after !== before) expect(existsSync(`/proc/${before}/fd/0`)).toBe(false);
      await meet();
      expect((await domain.getState()).state).toBe(VIR_DOMAIN_RUNNING);
      await bare.nextCounter();
      await expectWhole(['notice']);
      await connection.close();
      expect(overlays()).toHaveLength(files);
      expect(qemusOn(bare.folder)).toEqual([after]);
    }
  });

  test('the present state can be kept, and gone forward to', async () => {
    await boot();
    await take('s1');
    const first = await bare.nextCounter();
    await bare.serial.waitFor(new RegExp(`^counter ${first + 15}$`));
    const kept = bare.serial.counter() ?? 0;
    await (await domain.snapshotLookupByName('s1')).revert(0, { keep: 'before' });
    await connection.close();
    await meet();
    expect(await bare.nextCounter()).toBeLessThan(kept);
    expect(await goBack('before')).toBeGreaterThanOrEqual(kept - 3);
    await expectWhole();
  });

  test('what cannot be had twice is named, and nothing is done', async () => {
    await boot({ atom: false, args: ['-monitor', 'tcp:127.0.0.1:0,server=on,wait=off'] });
    await take('s1');
    const before = readdirSync(bare.folder).sort();
    const snapshot = await domain.snapshotLookupByName('s1');
    await expect(snapshot.revert()).rejects.toThrow(/-monitor tcp:127.0.0.1:0.*the running QEMU has it/s);
    // What is printed is what would go on from there.
    await expect(snapshot.planRevert?.()).rejects.toThrow(
      /by hand.*qemu-img create .*disk0\.s1\.revert1.*"filename":"[^"]*disk0\.s1\.revert1".*-incoming 'exec:cat /s,
    );
    expect(readdirSync(bare.folder).sort()).toEqual(before);
    await bare.nextCounter();
  });

  test('ports that one process can have at a time go over to the new QEMU', async () => {
    const ports = await freePorts(4);
    const [forward = 0, vnc = 0, serial = 0, gdb = 0] = ports;
    await boot({
      atom: false,
      args: [
        ...['-netdev', `user,id=n0,hostfwd=tcp:127.0.0.1:${forward}-:22`],
        ...['-device', 'virtio-net-pci,netdev=n0', '-gdb', `tcp:127.0.0.1:${gdb}`],
        ...['-vnc', `127.0.0.1:${vnc - 5900},password=on`],
        ...['-serial', `telnet:127.0.0.1:${serial},server=on,wait=off`],
      ],
    });
    await take('s1');
    expect(listenedOn(ports)).toEqual(ports);
    const plan = await (await domain.snapshotLookupByName('s1')).planRevert?.();
    expect(plan?.later).toHaveLength(4);
    const notices: string[] = [];
    for (const round of [1, 2]) {
      await (await domain.snapshotLookupByName('s1')).revert(0, { onNotice: (text) => notices.push(text) });
      await connection.close();
      await meet();
      expect(listenedOn(ports)).toEqual(ports);
      await bare.nextCounter();
      expect(notices).toHaveLength(round);
      expect(notices[round - 1]).toContain("VNC's password");
    }
    // One that somebody else has taken: the guest runs without it, and it is told.
    await domain.qemuMonitorCommand(`hostfwd_remove n0 tcp:127.0.0.1:${forward}`, 1);
    const other = createServer().listen(forward, '127.0.0.1');
    await once(other, 'listening');
    await (await domain.snapshotLookupByName('s1')).revert(0, { onNotice: (text) => notices.push(text) });
    other.close();
    await connection.close();
    await meet();
    await bare.nextCounter();
    expect(notices[2]).toMatch(/hostfwd.*could not be had again: Could not set up/);
  });

  test('an image that was written to since needs force', async () => {
    await boot({ atom: false });
    await take('s1');
    const plan = await (await domain.snapshotLookupByName('s1')).planRevert?.();
    expect(plan?.disks.map(({ frozen }) => frozen)).toEqual(bare.disks);
    expect(plan?.after.join(' ')).toContain('disk0.s1.revert1');
    expect(plan?.before.join(' ')).not.toContain('revert1');
    const [disk] = bare.disks;
    const aside = join(bare.folder, 'aside');
    mkdirSync(aside);
    const text = readFileSync(disk as string);
    renameSync(disk as string, join(aside, 'disk'));
    writeFileSync(disk as string, text);
    await expect((await domain.snapshotLookupByName('s1')).revert()).rejects.toMatchObject({
      code: VIR_ERR_SNAPSHOT_REVERT_RISKY,
    });
  });
});
