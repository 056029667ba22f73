import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { registry } from '../../commands/index.js';
import { ownCommands } from '../support/own-program.js';
import { runProgram } from '../support/program.js';
import { BareGuest, qemuPrograms } from '../support/qemu.js';

/** Commands that end the guest or the program, wait for a person, or are for other tests. */
const notForAll = new Set([
  'destroy',
  'shutdown',
  'reboot',
  'reset',
  'quit',
  'exit',
  'edit',
  'recover',
  'connect',
]);

describe.each(qemuPrograms)('a guest on %s, through the program', (_, find) => {
  let guest: BareGuest;
  let folder: string;
  let uri: string;
  const env = (): Record<string, string> => ({ SNAPCTL_STATE_DIR: join(folder, 'state') });
  const { ok, refusal } = ownCommands(() => uri);

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'snapctl-driver-'));
    const program = await find();
    const image = (name: string, format: string): string => {
      execFileSync('qemu-img', ['create', '-q', '-f', format, join(folder, name), '16M']);
      return name;
    };
    const throttled = {
      driver: 'throttle',
      'node-name': 'top',
      'throttle-group': 'limits',
      file: {
        driver: 'qcow2',
        'node-name': 'below',
        file: { driver: 'file', filename: join(folder, image('throttled.qcow2', 'qcow2')) },
      },
    };
    guest = await BareGuest.start({
      program,
      cwd: folder,
      args: [
        ...['-drive', `file=${image('relative.qcow2', 'qcow2')},format=qcow2,if=virtio`],
        ...['-drive', `file=${image('plain.img', 'raw')},format=raw,if=none,id=plain`],
        ...['-device', 'virtio-blk-pci,drive=plain'],
        ...['-device', 'virtio-scsi-pci,id=scsi0', '-device', 'scsi-cd,bus=scsi0.0,id=cd0'],
        ...['-object', 'throttle-group,id=limits,x-iops-total=1000', '-blockdev', JSON.stringify(throttled)],
        ...['-device', 'virtio-blk-pci,drive=top,id=vdt'],
      ],
    });
    uri = `qmp://${guest.monitor}`;
    process.env.SNAPCTL_STATE_DIR = env().SNAPCTL_STATE_DIR;
  }, 180_000);

  afterAll(async () => {
    delete process.env.SNAPCTL_STATE_DIR;
    await guest?.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  test('disks are known by every name that they have', async () => {
    expect(cells(await ok('domblklist', 'tiny', '--details'))).toEqual([
      ['Type', 'Device', 'Target', 'Source'],
      ['file', 'disk', 'virtio0', join(folder, 'relative.qcow2')],
      ['file', 'disk', 'plain', join(folder, 'plain.img')],
      ['file', 'disk', 'vda', guest.disks[0] ?? ''],
      ['file', 'cdrom', 'cd0', '-'],
      ['file', 'disk', 'vdt', join(folder, 'throttled.qcow2')],
    ]);
    const names = [
      'virtio0',
      'plain',
      'vda',
      'disk0',
      '/machine/peripheral/vda/virtio-backend',
      'vdt',
      'top',
      'below',
    ];
    for (const name of [...names, join(folder, 'relative.qcow2')]) {
      expect(await ok('domblkinfo', 'tiny', name)).toMatch(/^Capacity: +(16777216|67108864)\n/);
      expect(await ok('domblkstat', 'tiny', name)).toContain(`${name} rd_bytes `);
    }
    expect(await refusal('domblkinfo', 'tiny', 'cd0')).toBe(
      "error: invalid argument: disk 'cd0' does not currently have a source assigned",
    );
    expect(await refusal('domblkinfo', 'tiny', 'nope')).toBe(
      'error: invalid argument: invalid path nope not assigned to domain',
    );
    expect(await ok('domblkerror', 'tiny')).toBe('No errors found');
  }, 120_000);

  test('it is what it is, and can be turned around', async () => {
    expect(await ok('version')).toBe(
      `Running hypervisor: QEMU ${guest.program.version.replace(/[^\d.].*/, '')}`,
    );
    expect(await ok('dominfo', 'tiny')).toMatch(/^Id: +\d+\nName: +tiny\n[\s\S]*Persistent: +no\n/);
    expect(await ok('domid', 'tiny')).toBe(String(guest.pid));
    expect(await ok('domstate', 'tiny', '--reason')).toBe('running (booted)');
    expect(await ok('suspend', 'tiny')).toBe("Domain 'tiny' suspended");
    expect(await ok('domstate', 'tiny', '--reason')).toBe('paused (user)');
    expect(await refusal('domtime', 'tiny')).toContain(
      'Requested operation is not valid: domain is not running',
    );
    expect(await ok('list', '--name')).toBe('tiny');
    expect(await ok('list', '--name', '--state-paused')).toBe('tiny');
    for (const filter of [
      '--state-running',
      '--inactive',
      '--persistent',
      '--with-snapshot',
      '--autostart',
    ]) {
      expect([filter, await ok('list', '--name', filter)]).toEqual([filter, '']);
    }
    expect(await ok('resume', 'tiny')).toBe("Domain 'tiny' resumed");
    expect(await ok('domstate', 'tiny', '--reason')).toBe('running (unpaused)');
    expect(await refusal('resume', 'tiny')).toContain('domain is already running');
  }, 120_000);

  test('its agent and its monitor are spoken to', async () => {
    expect(await ok('domtime', 'tiny')).toMatch(/^Time: \d{10}$/);
    expect(await ok('domhostname', 'tiny')).toBe('(none)');
    expect(await ok('domfsinfo', 'tiny')).toContain('/data');
    expect(await ok('domfsfreeze', 'tiny')).toBe('Froze 1 filesystem(s)');
    expect(await ok('domfsthaw', 'tiny')).toBe('Thawed 1 filesystem(s)');
    expect(await ok('qemu-agent-command', 'tiny', '{"execute":"guest-ping"}')).toBe('{"return":{}}');
    const status = '{"execute":"query-status"}';
    expect(JSON.parse(await ok('qemu-monitor-command', 'tiny', status)).return).toMatchObject({
      running: true,
    });
    expect(JSON.parse(await ok('qemu-monitor-command', 'tiny', '--return-value', status)).running).toBe(true);
    expect(await ok('qemu-monitor-command', 'tiny', '--pretty', status)).toContain('\n    "running": true');
    expect(await ok('qemu-monitor-command', 'tiny', '--hmp', 'info status')).toBe('VM status: running');
    expect(await ok('qemu-monitor-command', 'tiny', '{"execute":"nonsense"}')).toContain('CommandNotFound');
  }, 120_000);

  test('a read-only connection changes nothing, and asks the guest nothing', async () => {
    const forbidden = {
      suspend: 'virDomainSuspend',
      domfsfreeze: 'virDomainFSFreeze',
      domtime: 'virDomainGetTime',
      domfsinfo: 'virDomainGetFSInfo',
      domhostname: 'virDomainGetHostname',
      'snapshot-create': 'virDomainSnapshotCreateXML',
    };
    const input = Object.keys(forbidden).map((name) => `${name} tiny\n`);
    const { stderr } = await runProgram(uri, ['-r'], { env: env(), input: input.join('') });
    for (const name of Object.values(forbidden)) {
      expect(stderr).toContain(`operation forbidden: read only access prevents ${name}\n`);
    }
    expect((await runProgram(uri, ['-r', 'domstate', 'tiny'], { env: env() })).stdout.trim()).toBe('running');
  }, 60_000);

  test('a dump is whole, private, and in nobody’s place', async () => {
    const core = join(folder, 'core');
    expect(await ok('dump', 'tiny', core, '--memory-only')).toBe(`Domain 'tiny' dumped to ${core}`);
    expect(statSync(core).mode & 0o777).toBe(0o600);
    expect(execFileSync('head', ['-c', '4', core]).toString('latin1')).toBe('\x7fELF');
    expect(statSync(core).size).toBeGreaterThan(256 * 2 ** 20);
    expect(await refusal('dump', 'tiny', core)).toContain(`Failed to create file '${core}': File exists`);
    const packed = join(folder, 'packed');
    await ok('dump', 'tiny', packed, '--memory-only', '--format', 'kdump-zlib');
    expect(statSync(packed).size).toBeLessThan(statSync(core).size / 2);
    expect(await refusal('dump', 'tiny', join(folder, 'other'), '--crash', '--live')).toContain(
      "Flags 'VIR_DUMP_CRASH' and 'VIR_DUMP_LIVE' are mutually exclusive",
    );
    expect(readdirSync(folder).filter((name) => name.includes('partial') || name === 'other')).toEqual([]);
    expect(await ok('domstate', 'tiny')).toBe('running');
  }, 120_000);

  test('no command crashes or hangs; what there is no way to do is refused in libvirt’s words', async () => {
    const names = registry.entries.map(({ name }) => name).filter((name) => !notForAll.has(name));
    const lines: string[] = [];
    for (const name of names) {
      const spec = await registry.lookup(name);
      const words = (spec?.options ?? [])
        .filter((option) => 'required' in option && option.required)
        .map(({ name: option, type }) =>
          option === 'domain' ? 'tiny' : type === 'int' || type === 'scaled' ? '1' : join(folder, 'none'),
        );
      // Without an end of its own it waits for what may never come.
      if (name.endsWith('event')) words.push('--timeout', '1');
      lines.push(`echo === ${name}`, `${name} ${words.join(' ')}`);
    }
    const input = `${lines.join('\n')}\n`;
    const result = await runProgram(uri, ['-q'], { env: env(), input, timeout: 240_000 });
    expect(result.signal).toBeNull();
    // Quiet, echo ends no line, and the next prompt follows at once.
    expect(result.stdout.match(/^=== \S+?(?=snapctl # )/gm)).toHaveLength(names.length);
    expect(result.stderr).not.toMatch(/TypeError|ReferenceError|undefined|\n {4}at |is not a function/);
    const lacking = [...result.stderr.matchAll(/not supported by the connection driver: (\S+)/g)].map(
      (m) => m[1],
    );
    expect(lacking.length).toBeGreaterThan(30);
    const functions = execFileSync('nm', ['-D', '--defined-only', libvirt()], {
      encoding: 'utf8',
      maxBuffer: 2 ** 24,
    });
    const known = new Set([...functions.matchAll(/ (vir\w+)@/g)].map((match) => match[1]));
    expect(lacking.filter((name) => !known.has(name))).toEqual([]);
    expect(await ok('domstate', 'tiny')).toMatch(/running|paused/);
  }, 300_000);

  test('it is ended', async () => {
    expect(await ok('destroy', 'tiny')).toBe("Domain 'tiny' destroyed");
    await guest.exited();
    expect(await refusal('list')).toMatch(/Failed to connect socket to '.*': /);
    writeFileSync(join(folder, 'file'), '');
    expect((await runProgram(`qmp://${folder}/file`, ['list'])).stderr).toContain(
      'neither a socket nor a folder',
    );
  });
});

const libvirt = (): string =>
  execFileSync('ldconfig', ['-p'], { encoding: 'utf8' }).match(/libvirt\.so\.0 .*=> (\S+)/)?.[1] ?? '';

/** The cells of a table, its rule left out. */
const cells = (table: string): string[][] =>
  table
    .split('\n')
    .filter((line) => !/^-+$/.test(line))
    .map((line) => line.trim().split(/ {2,}/));
