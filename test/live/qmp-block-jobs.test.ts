import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { type BlockJobRecord, createJobRecord } from '../../src/block/block-job-record.js';
import { open } from '../../src/drivers/qmp/open.js';
import { QmpClient } from '../../src/qmp/index.js';
import { plainPath } from '../../src/snapshot/guest-disks.js';
import { domainStateFolder } from '../../src/snapshot/state-folder.js';
import { checkFileSystem } from '../drills/file-system.js';
import { imageSum } from '../drills/image-sum.js';
import { checkImage, qemuImg } from '../drills/qemu-img.js';
import { ownCommands } from '../support/own-program.js';
import { runProgram } from '../support/program.js';
import { BareGuest, type QemuProgram, qemuPrograms } from '../support/qemu.js';

// Emulated guests, on a machine that may be busy.
jest.setTimeout(120_000);

const BLANK_SIZE = 32 * 2 ** 20;

describe.each(qemuPrograms)('block jobs on %s', (_, find) => {
  let program: QemuProgram;
  let guest: BareGuest;
  let folder: string;
  let uri: string;
  /** A monitor of its own. */
  let witness: QmpClient;

  const { run, ok, refusal } = ownCommands(() => uri);

  beforeAll(async () => {
    program = await find();
    folder = mkdtempSync(join(tmpdir(), 'snapctl-jobs-'));
    const blank = join(folder, 'blank.qcow2');
    execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', blank, String(BLANK_SIZE)]);
    const node = { driver: 'qcow2', 'node-name': 'blank', file: { driver: 'file', filename: blank } };
    guest = await BareGuest.start({
      program,
      disks: 2,
      memory: 160,
      tick: 200,
      args: [
        ...['-qmp', `unix:${join(folder, 'second')},server=on,wait=off`],
        ...['-blockdev', JSON.stringify(node), '-device', 'virtio-blk-pci,drive=blank,id=vdc'],
        ...['-device', 'pcie-root-port,id=port1,chassis=1,slot=1'],
        ...['-device', 'virtio-scsi-pci,id=scsi0', '-device', 'scsi-cd,bus=scsi0.0,id=cd0'],
      ],
    });
    uri = `qmp://${guest.monitor}`;
    process.env.SNAPCTL_STATE_DIR = join(folder, 'state');
    witness = await QmpClient.connect(join(folder, 'second'));
  });

  afterAll(async () => {
    await witness?.disconnect();
    await guest?.dispose();
    rmSync(folder, { recursive: true, force: true });
    delete process.env.SNAPCTL_STATE_DIR;
  });

  const file = (name: string): string => join(guest.folder, name);

  /** The images of a disk, top first, as QEMU has them; their headers must agree. */
  async function chain(device: string): Promise<string[]> {
    const found = (await witness.execute('query-block')).find(({ qdev }) => qdev?.includes(`/${device}/`));
    const files: string[] = [];
    for (let image = found?.inserted?.image; image; image = image['backing-image'])
      files.push(plainPath(image.filename, undefined));
    const said = qemuImg(program, 'info', '-U', '--backing-chain', '--output=json', files[0] ?? '');
    expect((JSON.parse(said) as { filename: string }[]).map(({ filename }) => filename)).toEqual(files);
    return files;
  }

  const contents = (image: string): number => imageSum(program, image, join(folder, 'raw'));

  /** The guest goes on and finds what it wrote; QEMU has nothing open but what the disks are on, and no job. */
  async function expectHealthy(): Promise<void> {
    await guest.nextCounter();
    expect(guest.serial.text()).not.toContain('mismatch');
    expect(await witness.execute('query-jobs')).toEqual([]);
    const open = (await witness.execute('query-named-block-nodes', { flat: true })).map((node) =>
      plainPath(node.file, undefined),
    );
    const used = [...(await chain('vda')), ...(await chain('vdb')), ...(await chain('vdc'))];
    expect(open.filter((name) => !used.includes(name))).toEqual([]);
    const state = await domainStateFolder(guest.monitor);
    expect(existsSync(join(state, 'block-jobs'))).toBe(false);
  }

  const io = (...commands: string[]): Promise<void> =>
    ioOn('/machine/peripheral/vdc/virtio-backend', ...commands);

  const ioOn = async (device: string, ...commands: string[]): Promise<void> => {
    for (const what of commands) {
      const line = `qemu-io -d ${device} "${what}"`;
      const said = await witness.execute('human-monitor-command', { 'command-line': line });
      expect(said).not.toMatch(/rror|verification failed/);
    }
  };

  const overlay = (name: string, ...disks: string[]): Promise<string> =>
    ok(
      ...['snapshot-create-as', 'tiny', name, '--disk-only', '--no-metadata'],
      ...['vda', 'vdb', 'vdc'].flatMap((disk) =>
        disks.includes(disk) ? [] : ['--diskspec', `${disk},snapshot=no`],
      ),
    );

  beforeEach(() => guest.nextCounter());

  test('commits in the middle and of the active image', async () => {
    for (const name of ['s1', 's2', 's3']) {
      await overlay(name, 'vda', 'vdb');
      await guest.nextCounter();
    }
    const [s3, s2, s1, base] = ['s3', 's2', 's1', 'qcow2'].map((name) => file(`disk0.${name}`)) as [
      string,
      string,
      string,
      string,
    ];
    expect(await chain('vda')).toEqual([s3, s2, s1, base]);
    expect(await refusal('blockcommit', 'tiny', 'vda')).toBe(
      "error: invalid argument: commit of 'vda' active layer requires active flag",
    );
    expect(await refusal('blockcommit', 'tiny', 'vda', '--top', s2, '--active')).toBe(
      `error: invalid argument: active commit requested but '${s2}' is not active`,
    );
    expect(await refusal('blockcommit', 'tiny', 'vda', '--top', s2, '--base', base, '--shallow')).toBe(
      `error: invalid argument: base '${base}' is not immediately below '${s2}' in chain for '${s3}'`,
    );
    expect(await refusal('blockcommit', 'tiny', 'vda', '--top', base)).toBe(
      `error: invalid argument: top '${base}' in chain for '${s3}' has no backing file`,
    );
    expect(await refusal('blockcommit', 'tiny', 'vdx', '--active')).toBe(
      "error: invalid argument: disk 'vdx' not found in domain",
    );
    const state = contents(s2);
    const done = await run('blockcommit', 'tiny', 'vda', '--top', s2, '--base', s1, '--wait', '--verbose');
    expect(done).toMatchObject({ code: 0 });
    expect(done.stdout.trim()).toBe('Commit complete');
    expect(done.stderr).toContain('Block commit: [100 %]');
    expect(await chain('vda')).toEqual([s3, s1, base]);
    expect(contents(s1)).toBe(state);
    expect(existsSync(s2)).toBe(true);
    await expectHealthy();

    expect(await ok('blockcommit', 'tiny', s3, '--active', '--base', 'vda[2]', '--pivot', '--delete')).toBe(
      'Successfully pivoted',
    );
    expect(await chain('vda')).toEqual([base]);
    expect([s3, s1].map((each) => existsSync(each))).toEqual([false, false]);
    await expectHealthy();
  });

  test('pulls what is below', async () => {
    const [s3, s2, s1, base] = ['s3', 's2', 's1', 'qcow2'].map((name) => file(`disk1.${name}`)) as [
      string,
      string,
      string,
      string,
    ];
    expect(await chain('vdb')).toEqual([s3, s2, s1, base]);
    const below = [s2, s1, base].map(contents);
    expect(await ok('blockpull', 'tiny', 'vdb', '--base', s1, '--wait')).toBe('Pull complete');
    expect(await chain('vdb')).toEqual([s3, s1, base]);
    expect(await refusal('blockpull', 'tiny', 'vdb', '--base', s2.replace('s2', 's9'))).toBe(
      `error: invalid argument: could not find image '${s2.replace('s2', 's9')}' beneath '${s3}' in chain for '${s3}'`,
    );
    expect(await ok('blockpull', 'tiny', s3, '--wait')).toBe('Pull complete');
    expect(await chain('vdb')).toEqual([s3]);
    expect([s2, s1, base].map(contents)).toEqual(below);
    expect(await refusal('blockjob', 'tiny', 'vdb', '--abort')).toBe(
      'error: invalid argument: disk vdb does not have an active block job',
    );
    await expectHealthy();
  });

  test('a pull does not leave QEMU where a look at its nodes is its end', async () => {
    await overlay('looked-at', 'vdb');
    let looking = true;
    let looks = 0;
    const looker = (async () => {
      for (; looking; looks++) await witness.execute('query-named-block-nodes', { flat: true });
    })();
    const env = { SNAPCTL_STATE_DIR: join(folder, 'state') };
    expect((await runProgram(uri, ['blockpull', 'tiny', 'vdb'], { env })).stdout.trim()).toBe(
      'Block Pull started',
    );
    while ((await witness.execute('query-block-jobs')).length > 0) await delay(20);
    const before = looks;
    while (looks < before + 20) await delay(5);
    looking = false;
    await looker;
    expect((await run('domstate', 'tiny')).stderr).toContain('has completed');
    await expectHealthy();
  });

  test('copies, and goes on in the copy or where it was', async () => {
    const [before] = await chain('vda');
    const copy = file('copy.raw');
    expect(await ok('blockcopy', 'tiny', 'vda', copy, '--wait', '--finish', '--format', 'raw')).toBe(
      'Successfully copied',
    );
    expect(await chain('vda')).toEqual([before]);
    checkFileSystem(program, copy);
    expect(await refusal('blockcopy', 'tiny', 'vda', copy)).toBe(
      `error: unsupported configuration: external destination file for disk vda already exists and is not a block device: ${copy}`,
    );
    const moved = file('moved.qcow2');
    expect(await ok('blockcopy', 'tiny', 'vda', moved, '--wait', '--pivot')).toBe('Successfully pivoted');
    expect(await chain('vda')).toEqual([moved]);
    await expectHealthy();
    checkFileSystem(program, before ?? '');

    // A shallow one onto a file that is there, by XML, with every write in both at once.
    await overlay('s5', 'vda');
    const prepared = file('prepared.qcow2');
    const xml = join(folder, 'to.xml');
    writeFileSync(xml, `<disk type='file'><source file='${prepared}'/><driver type='qcow2'/></disk>`);
    const shallow = ['blockcopy', 'tiny', 'vda', '--xml', xml, '--shallow', '--reuse-external'];
    expect(await refusal(...shallow)).toBe(
      `error: unsupported configuration: missing destination file for disk vda: ${prepared}: No such file or directory`,
    );
    guest.createImage('-f', 'qcow2', '-b', moved, '-F', 'qcow2', '-u', prepared, '64M');
    expect(await ok(...shallow, '--synchronous-writes', '--granularity', '65536')).toBe('Block Copy started');
    await ready('vda');
    expect(await refusal('blockcopy', 'tiny', 'vda', file('other'))).toBe(
      "error: Operation not supported: disk 'vda' already in active block job",
    );
    expect(await ok('blockjob', 'tiny', 'vda', '--pivot')).toBe('');
    expect(await chain('vda')).toEqual([prepared, moved]);
    expect(existsSync(file('other'))).toBe(false);
    await expectHealthy();
  });

  /** Waits until a disk's job keeps two images equal. */
  async function ready(disk: string): Promise<void> {
    for (const end = performance.now() + 60_000; performance.now() < end; await delay(50)) {
      const jobs = await witness.execute('query-block-jobs');
      if (jobs.some((job) => job.device.includes(`-${disk}-`) && job.ready)) return;
    }
    throw new Error(`the job of ${disk} did not become ready`);
  }

  test('a job goes on when its command is killed, and is ended by an interrupt', async () => {
    const base = join(folder, 'blank.qcow2');
    await io('write -P 17 0 8M', 'flush');
    await overlay('o1', 'vdc');
    await io('write -P 34 4M 12M', 'flush');
    const top = join(folder, 'blank.o1');
    const words = ['blockcommit', 'tiny', 'vdc', '--active', '--pivot', '--bandwidth', '1'];
    for (const signal of ['SIGINT', 'SIGKILL'] as const) {
      const env = { SNAPCTL_STATE_DIR: join(folder, 'state') };
      const started = runProgram(uri, words, {
        env,
        started: (child) => {
          void (async () => {
            while ((await witness.execute('query-block-jobs')).length === 0) await delay(20);
            child.kill(signal);
          })();
        },
      });
      const result = await started;
      if (signal === 'SIGINT') {
        expect(result.stdout).toContain('Commit aborted');
        expect(await chain('vdc')).toEqual([top, base]);
        await expectHealthy();
      } else {
        expect(result.signal).toBe('SIGKILL');
      }
    }
    const shown = await run('blockjob', 'tiny', 'vdc');
    expect(shown.stderr).toMatch(/^\s*Active Block Commit: \[ *\d+ %\]$/);
    expect(shown.stdout.trim()).toBe('Bandwidth limit: 1048576 bytes/s (1.000 MiB/s)');
    expect(await ok('blockjob', 'tiny', 'vdc', '--raw')).toMatch(
      /^type=Active Block Commit\n bandwidth=1\n cur=\d+\n end=\d+$/,
    );
    expect(await refusal('blockpull', 'tiny', 'vdc')).toContain("disk 'vdc' already in active block job");
    expect(await refusal('blockjob', 'tiny', 'vdc', '--pivot')).toMatch(
      /^error: block copy still active: block job 'commit-vdc-snapctl-[0-9a-f]{6}' not ready for pivot yet$/,
    );
    expect(await refusal('snapshot-create-as', 'tiny', 'no', '--disk-only')).toContain('vdc');
    expect(await ok('blockjob', 'tiny', 'vdc', '--bandwidth', '0')).toBe('');
    await ready('vdc');
    await io('write -P 51 14M 4M', 'flush');
    expect(await ok('blockjob', 'tiny', 'vdc', '--pivot')).toBe('');
    expect(await chain('vdc')).toEqual([base]);
    await io('read -P 17 0 4M', 'read -P 34 4M 10M', 'read -P 51 14M 4M', 'read -P 0 18M 8M');
    await expectHealthy();
  });

  test('what ended or was cut off while nobody looked is tidied up and told of once', async () => {
    const base = join(folder, 'blank.qcow2');
    await overlay('o2', 'vdc');
    await io('write -P 68 20M 2M', 'flush');
    // By another process: who started it is not told.
    const env = { SNAPCTL_STATE_DIR: join(folder, 'state') };
    const started = await runProgram(uri, ['blockpull', 'tiny', 'vdc'], { env });
    expect(started.stdout.trim()).toBe('Block Pull started');
    while ((await witness.execute('query-jobs')).length > 0) await delay(20);
    const told = await run('blockjob', 'tiny', 'vdc');
    expect(told.stderr.trim()).toMatch(/block pull of disk 'vdc' of domain 'tiny', begun .*, has completed$/);
    expect(told.stdout.trim()).toBe('No current block job for vdc');
    expect(await chain('vdc')).toEqual([join(folder, 'blank.o2')]);
    await expectHealthy();

    await overlay('o3', 'vdc');
    await io('write -P 69 22M 2M', 'flush');
    await runProgram(uri, ['blockpull', 'tiny', 'vdc', '--bandwidth', '1'], { env });
    await witness.execute('job-cancel', { id: (await witness.execute('query-jobs'))[0]?.id ?? '' });
    while ((await witness.execute('query-jobs')).length > 0) await delay(20);
    expect((await run('blockjob', 'tiny', 'vdc')).stderr.trim()).toMatch(
      /block pull of disk 'vdc' of domain 'tiny', begun .*, has failed: it ended before all was copied, and QEMU no longer tells why; the disk is where it was$/,
    );
    expect(await chain('vdc')).toEqual([join(folder, 'blank.o3'), join(folder, 'blank.o2')]);
    await expectHealthy();

    const state = await domainStateFolder(guest.monitor);
    const made = file('made.qcow2');
    guest.createImage('-f', 'qcow2', made, '1M');
    const record: BlockJobRecord = {
      ...{ version: 1, domain: 'tiny', id: 'copy-vdc-snapctl-000000', type: 'copy', disk: 'vdc' },
      ...{ from: base, to: made, startedAt: new Date().toISOString(), qemu: null },
      ...{ controller: { pid: 1, startTime: '1' }, started: false, nodes: ['cut-off'], created: made },
      ...{ close: [made], remove: [] },
    };
    await createJobRecord(state, record);
    await witness.execute('blockdev-add', {
      driver: 'qcow2',
      'node-name': 'cut-off',
      file: { driver: 'file', filename: made },
    });
    expect((await run('domstate', 'tiny')).stderr).toContain('was cut off before it started');
    expect(existsSync(made)).toBe(false);
    expect(await ok('domstate', 'tiny')).toBe('running');
    await expectHealthy();
  });

  test('a disk grows, is held back, and tells of its growth', async () => {
    expect(await ok('blockresize', 'tiny', 'vdc', '40M')).toBe("Block device 'vdc' is resized");
    expect(await ok('domblkinfo', 'tiny', 'vdc')).toContain(`Capacity:       ${40 * 2 ** 20}\n`);
    expect(await refusal('blockresize', 'tiny', 'vdc', '8M')).toContain(
      "error: Operation not supported: disk 'vdc' has 41943040 bytes, and what is beyond a smaller size would be lost",
    );

    const tune = ['blkdeviotune', 'tiny', 'vdc'];
    await ok(...tune, '--total-iops-sec', '1000', '--total-iops-sec-max', '2000', '--size-iops-sec', '4096');
    await ok(...tune, '--read-bytes-sec', '64M', '--write-bytes-sec', '32M', '--group-name', 'shared');
    await ok(...tune, '--write-bytes-sec-max', '128M', '--write-bytes-sec-max-length', '3');
    const said = await ok(...tune);
    for (const [field, value] of [
      ...[['read_bytes_sec', 67108864] as const, ['write_bytes_sec', 33554432] as const],
      ...[['total_iops_sec', 1000] as const, ['total_iops_sec_max', 2000] as const],
      ...[['write_bytes_sec_max', 134217728] as const, ['write_bytes_sec_max_length', 3] as const],
      ...[['size_iops_sec', 4096] as const, ['group_name', 'shared'] as const],
    ])
      expect(said).toMatch(new RegExp(`^${field} *: ${value}$`, 'm'));
    expect(await refusal(...tune, '--config', '--total-iops-sec', '1')).toContain(
      'transient domains do not have any persistent config',
    );
    await ok(...tune, '--total-iops-sec', '0');
    const [device] = (await witness.execute('query-block')).filter(({ qdev }) => qdev?.includes('/vdc/'));
    expect(device?.inserted).toMatchObject({ iops: 0, bps_wr: 33554432, group: 'shared' });

    await ok('domblkthreshold', 'tiny', 'vdc', '1M');
    const connection = await open(uri);
    try {
      const heard = new Promise((resolve) => {
        void connection.watchDomainEvents(['block-threshold'], resolve).then(() => io('write -P 1 28M 2M'));
      });
      expect(await heard).toMatchObject({
        device: 'vdc',
        path: (await chain('vdc'))[0],
        threshold: 2n ** 20n,
      });
    } finally {
      await connection.close();
    }
    await expectHealthy();
  });

  test('disks are attached and detached, and media are changed', async () => {
    for (const [target, bus, device] of [
      ['vde', 'virtio', '/machine/peripheral/vde/virtio-backend'],
      ['sdb', 'scsi', 'sdb'],
    ] as const) {
      const path = join(folder, `${target}.qcow2`);
      guest.createImage('-f', 'qcow2', path, '8M');
      const words = ['attach-disk', 'tiny', path, target, '--subdriver', 'qcow2', '--targetbus', bus];
      expect(await ok(...words, '--serial', 's1', '--cache', 'none')).toBe('Disk attached successfully');
      expect(await refusal(...words)).toContain(`operation failed: target ${target} already exists`);
      expect(await ok('domblklist', 'tiny')).toMatch(new RegExp(`${target} +${path}`));
      await ioOn(device, 'write -P 77 1M 1M', 'flush');
      await overlay('h1', target);
      await ioOn(device, 'write -P 78 2M 1M', 'flush');
      expect(await ok('detach-disk', 'tiny', target)).toBe('Disk detached successfully');
      await expectHealthy();
      const top = join(folder, `${target}.h1`);
      const reads = ['-c', 'read -P 77 1M 1M', '-c', 'read -P 78 2M 1M'];
      expect(execFileSync('qemu-io', ['-f', 'qcow2', ...reads, top], { encoding: 'utf8' })).not.toContain(
        'fail',
      );
    }
    const missing = join(folder, 'none');
    expect(await refusal('attach-disk', 'tiny', missing, 'vdf')).toContain('Failed to attach disk');
    expect(await refusal('attach-disk', 'tiny', missing, 'hdb')).toContain(
      "disk bus 'ide' cannot be hotplugged.",
    );
    await expectHealthy();

    const media = [join(folder, 'one.iso'), join(folder, 'two.iso')] as const;
    for (const [index, path] of media.entries()) writeFileSync(path, Buffer.alloc(2 ** 20, index + 1));
    const change = ['change-media', 'tiny', 'cd0'];
    expect(await refusal(...change, '--eject')).toContain("doesn't have media");
    expect(await ok(...change, media[0], '--insert')).toBe('Successfully inserted media.');
    await ioOn('cd0', 'read -P 1 0 1M');
    expect(await ok(...change, media[1], '--update')).toBe('Successfully updated media.');
    await ioOn('cd0', 'read -P 2 0 1M');
    expect(await refusal(...change, missing, '--update')).toContain(
      'Failed to complete action update on media',
    );
    await ioOn('cd0', 'read -P 2 0 1M');
    expect(await ok(...change, '--eject')).toBe('Successfully ejected media.');
    await expectHealthy();
  });

  test('no known snapshot loses its state', async () => {
    await ok('snapshot-create-as', 'tiny', 'known', '--disk-only', '--diskspec', 'vdc,snapshot=no');
    const [top, base] = await chain('vdb');
    await guest.nextCounter();
    expect(await refusal('blockcommit', 'tiny', 'vdb', '--active')).toContain(
      `'${base}' holds the state of snapshot 'known', which would be lost: delete the snapshot instead`,
    );
    const state = contents(base ?? '');
    expect(await ok('blockpull', 'tiny', 'vdb', '--wait')).toBe('Pull complete');
    expect(await chain('vdb')).toEqual([top]);
    expect(contents(base ?? '')).toBe(state);
    await ok('snapshot-delete', 'tiny', 'known');
    expect(await chain('vdb')).toEqual([top]);
    expect(contents(base ?? '')).toBe(state);
    await expectHealthy();
  });

  test('what is on the disks in the end is sound', async () => {
    const active = [(await chain('vda'))[0], (await chain('vdb'))[0], (await chain('vdc'))[0]];
    await witness.execute('quit').catch(() => undefined);
    await guest.exited();
    for (const [index, image = ''] of active.entries()) {
      if (index < 2) checkFileSystem(program, image);
      expect(checkImage(program, image).verdict).not.toBe('broken');
    }
    expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
  });
});
