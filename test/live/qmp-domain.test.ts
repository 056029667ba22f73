import { execFile, execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  BlockDeviceNotFound,
  CommandFailure,
  DisconnectedError,
  Domain,
  JobFailure,
  QmpError,
  TimeoutError,
} from '../../src/qmp/index.js';
import { BareGuest, qemuPrograms } from '../support/qemu.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

const rejection = (promise: Promise<unknown>) =>
  promise.then(
    (value) => {
      throw new Error(`resolved with ${JSON.stringify(value)}`);
    },
    (error) => error,
  );

describe.each(qemuPrograms)('a domain of the library on %s', (_name, find) => {
  let guest: BareGuest;
  let domain: Domain;
  const file = (name: string): string => join(guest.folder, name);

  beforeAll(async () => {
    guest = await BareGuest.start({
      program: await find(),
      disks: 2,
      args: [
        '-vga',
        'std',
        '-device',
        'pcie-root-port,id=port0',
        '-device',
        'virtio-rng-pci,bus=port0,id=rng0',
      ],
    });
    domain = await Domain.connect(guest.monitor);
  }, 240_000);

  afterAll(async () => {
    await domain?.close();
    await guest?.dispose();
  });

  test('tells what it is', async () => {
    expect(await domain.name()).toBe('tiny');
    expect(await domain.version()).toBe(guest.program.version);
    expect(await domain.packageVersion()).toContain('Debian');
    expect(await domain.status()).toBe('running');
    const commands = await domain.commands();
    expect(commands.length).toBeGreaterThan(150);
    expect(await domain.supported('blockdev-mirror')).toBe(true);
    expect(await domain.supported('blockdev-levitate')).toBe(false);
    const [cpu, ...others] = await domain.cpus();
    expect(others).toEqual([]);
    expect(readdirSync(`/proc/${guest.pid}/task`)).toContain(String(cpu?.['thread-id']));
    const devices = await domain.pciDevices();
    const bridge = devices.find(({ qdev_id: id }) => id === 'port0');
    // Behind a bridge, and found.
    expect(devices.find(({ qdev_id: id }) => id === 'rng0')?.bus).toBe(bridge?.pci_bridge?.bus.secondary);
    expect(devices.some(({ class_info: { desc } }) => desc === 'VGA controller')).toBe(true);
    expect(JSON.parse(await domain.run({ execute: 'query-name' })).return).toEqual({ name: 'tiny' });
    expect(await domain.execute('qom-get', { path: '/machine', property: 'type' })).toMatch(/^pc-q35-/);
  });

  test('its block devices are found by name, and count what they do', async () => {
    expect((await domain.blockDevices()).map(({ node }) => node)).toEqual(['disk0', 'disk1']);
    const disk = await domain.blockDevice('vda');
    expect(disk.name).toContain('vda');
    expect(disk.info.inserted?.image['virtual-size']).toBe(64 * 2 ** 20);
    for (const name of [disk.name, 'disk0']) expect((await domain.blockDevice(name)).node).toBe('disk0');
    const error = await rejection(domain.blockDevice('vdz'));
    expect(error).toBeInstanceOf(BlockDeviceNotFound);
    expect(error.device).toBe('vdz');
    const [before] = await domain.blockStats();
    expect(before?.qdev).toBe(disk.info.qdev);
    const writes = before?.stats.wr_operations ?? Number.NaN;
    // It goes on writing; a test that never sees that runs into its deadline.
    while (!(((await domain.blockStats())[0]?.stats.wr_operations ?? 0) > writes)) await guest.nextCounter();
  }, 60_000);

  test('a snapshot is taken, and committed under the guest’s writes', async () => {
    const disk = await domain.blockDevice('vda');
    await disk.snapshot(file('overlay.qcow2'), { nodeName: 'overlay' });
    await guest.nextCounter();
    expect((await domain.blockDevice('vda')).node).toBe('overlay');
    const job = await disk.commit({ jobId: 'merge', timeout: 60_000 });
    expect(job.id).toBe('merge');
    expect(await domain.blockJobs()).toMatchObject([{ id: 'merge', info: { type: 'commit', ready: true } }]);
    expect(await job.state()).toMatchObject({ ready: true });
    await guest.nextCounter();
    await job.complete({ timeout: 60_000 });
    expect(await job.state()).toBeUndefined();
    expect((await domain.blockDevice('vda')).node).toBe('disk0');
    expect(await rejection(job.complete())).toBeInstanceOf(JobFailure);
    // Not at the top: ended when it comes back.
    await disk.snapshot(file('one.qcow2'), { nodeName: 'one' });
    await disk.snapshot(file('two.qcow2'), { nodeName: 'two' });
    const ended = await disk.commit({ top: 'one', base: 'disk0', timeout: 60_000 });
    expect(await ended.state()).toBeUndefined();
    expect(
      (await domain.execute('query-named-block-nodes', { flat: true })).find(
        (node) => node['node-name'] === 'two',
      )?.image['backing-filename'],
    ).toBe(guest.disks[0]);
    await (await disk.commit({ timeout: 60_000 })).complete({ timeout: 60_000 });
    expect(await domain.execute('query-jobs')).toEqual([]);
    expect(guest.serial.text()).not.toMatch(/^mismatch/m);
  }, 120_000);

  test('a mirror is a copy when it is cancelled, the disk when it is completed, and nothing when it is forced', async () => {
    const disk = await domain.blockDevice('vdb');
    await domain.execute('stop');
    const copy = await disk.mirror(file('copy.qcow2'), { format: 'qcow2', timeout: 60_000 });
    await copy.cancel({ timeout: 60_000 });
    expect((await domain.blockDevice('vdb')).node).toBe('disk1');
    const compared = execFileSync(
      guest.program.qemuImg,
      ['compare', '-U', guest.disks[1] ?? '', file('copy.qcow2')],
      {
        encoding: 'utf8',
        env: { ...process.env, ...guest.program.env },
      },
    );
    expect(compared).toContain('Images are identical.');
    await domain.execute('cont');
    await (await disk.mirror(file('broken.raw'), { timeout: 60_000 })).cancel({
      force: true,
      timeout: 60_000,
    });
    await (await disk.mirror(file('moved.raw'), { timeout: 60_000 })).complete({ timeout: 60_000 });
    expect((await domain.blockDevice('vdb')).info.inserted?.file).toBe(file('moved.raw'));
    expect(await domain.execute('query-jobs')).toEqual([]);
    await guest.nextCounter();
    expect(guest.serial.text()).not.toMatch(/^mismatch/m);
  }, 120_000);

  test('a job that somebody else began is followed to its end, and its error is told', async () => {
    await domain.execute('drive-mirror', {
      'job-id': 'slow',
      device: 'disk0',
      target: file('slow.raw'),
      format: 'raw',
      sync: 'full',
      speed: 65_536,
    });
    const [job] = await domain.blockJobs();
    expect(job?.info).toMatchObject({ device: 'slow', type: 'mirror', ready: false });
    expect(await rejection(job?.ready({ timeout: 300 }) ?? Promise.resolve())).toBeInstanceOf(TimeoutError);
    // Given up on, not ended.
    expect(await job?.state()).toBeDefined();
    const waiting = rejection(job?.ready({ timeout: 60_000 }) ?? Promise.resolve());
    const cancelled = domain.blockJobs().then(([same]) => same?.cancel({ timeout: 60_000 }));
    expect(await waiting).toBeInstanceOf(JobFailure);
    await cancelled;
    expect(await domain.blockJobs()).toEqual([]);
  }, 120_000);

  test('the screen is a stream, and leaves no file', async () => {
    const left = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('snapctl-screen-'));
    const before = left();
    const picture = await buffer(await domain.screenDump());
    const [, width, height] =
      /^P6\n(\d+) (\d+)\n255\n/.exec(picture.subarray(0, 32).toString('latin1')) ?? [];
    expect(picture.length).toBe(`P6\n${width} ${height}\n255\n`.length + 3 * Number(width) * Number(height));
    const png = await buffer(await domain.screenDump({ format: 'png' }));
    expect(png.subarray(1, 4).toString('latin1')).toBe('PNG');
    expect(await rejection(domain.screenDump({ device: 'none' }))).toMatchObject({
      name: 'CommandFailure',
      errorClass: 'DeviceNotFound',
    });
    expect(left()).toEqual(before);
    expect((await domain.execute('query-fdsets')).flatMap(({ fds }) => fds)).toEqual([]);
  });

  test('errors can be told apart', async () => {
    const disk = await domain.blockDevice('vda');
    expect(await rejection(disk.snapshot('relative.qcow2'))).toBeInstanceOf(QmpError);
    const refused = await rejection(disk.commit({ top: 'nowhere' }));
    expect(refused).toBeInstanceOf(CommandFailure);
    expect(refused).toMatchObject({ command: 'block-commit', errorClass: 'GenericError' });
    expect(await rejection(domain.run({ execute: 'levitate' }))).toMatchObject({
      errorClass: 'CommandNotFound',
    });
    const other = await Domain.connect(guest.monitor, { timeout: 300 }).catch((error) => error);
    expect(other).toMatchObject({ name: 'ConnectError', reason: 'busy' });
    expect(await rejection(domain.events({ events: ['WAKEUP'] }).next({ timeout: 50 }))).toBeInstanceOf(
      TimeoutError,
    );
  });

  test('events are iterated over; buttons are pressed', async () => {
    const events = domain.events({ events: ['POWERDOWN', 'RESET'] });
    await domain.systemPowerdown();
    await domain.systemReset();
    const seen: string[] = [];
    for await (const { event, timestamp } of events) {
      seen.push(event);
      expect(timestamp).not.toBeNull();
      if (event === 'RESET') break;
    }
    expect(seen).toEqual(['POWERDOWN', 'RESET']);
  });

  test('the example in the documentation runs', async () => {
    await domain.close();
    expect(await rejection(domain.status())).toBeInstanceOf(DisconnectedError);
    const folder = mkdtempSync(join(tmpdir(), 'snapctl-example-'));
    try {
      const documentation = readFileSync(join(root, 'docs/qmp.md'), 'utf8');
      const [, example = ''] = /## As a library\n[\s\S]*?```js\n([\s\S]*?)```/.exec(documentation) ?? [];
      writeFileSync(join(folder, 'example.mjs'), example);
      mkdirSync(join(folder, 'node_modules'));
      symlinkSync(root, join(folder, 'node_modules', 'snapctl'));
      const words = [join(folder, 'example.mjs'), guest.monitor, guest.folder];
      const { stdout, stderr } = await promisify(execFile)(process.execPath, words, { timeout: 120_000 });
      expect(stderr).toBe('');
      expect(stdout).toMatch(
        new RegExp(
          `^QEMU ${guest.program.version} is running\n.*vda\\S* ${guest.disks[0]}\n[^]*RESET host-qmp-system-reset \\d+\n$`,
        ),
      );
      expect(readFileSync(file('screen.png')).subarray(1, 4).toString('latin1')).toBe('PNG');
      expect(readFileSync(file('copy.raw')).length).toBe(64 * 2 ** 20);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }, 150_000);
});
