import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { QmpClient } from '../../src/qmp/index.js';
import { domainStateFolder } from '../../src/snapshot/state-folder.js';
import { checkFileSystem } from '../drills/file-system.js';
import { qemuImg } from '../drills/qemu-img.js';
import { ownCommands } from '../support/own-program.js';
import { runProgram } from '../support/program.js';
import { BareGuest, type QemuProgram, qemuPrograms } from '../support/qemu.js';

// Emulated guests, on a machine that may be busy.
jest.setTimeout(180_000);

const SIZE = 32 * 2 ** 20;

describe.each(qemuPrograms)('checkpoints and backups on %s', (_, find) => {
  let program: QemuProgram;
  let guest: BareGuest;
  let folder: string;
  let uri: string;
  let witness: QmpClient;

  const { run, ok, refusal } = ownCommands(() => uri);

  beforeAll(async () => {
    program = await find();
    folder = mkdtempSync(join(tmpdir(), 'snapctl-backup-'));
    const blank = join(folder, 'blank.qcow2');
    execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', blank, String(SIZE)]);
    const node = { driver: 'qcow2', 'node-name': 'blank', file: { driver: 'file', filename: blank } };
    guest = await BareGuest.start({
      program,
      disks: 1,
      memory: 160,
      tick: 200,
      args: [
        ...['-qmp', `unix:${join(folder, 'second')},server=on,wait=off`],
        ...['-blockdev', JSON.stringify(node), '-device', 'virtio-blk-pci,drive=blank,id=vdb'],
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

  const file = (name: string): string => join(folder, name);

  /** Writes to (or reads from) the disk that the guest leaves alone, through its device. */
  const io = async (...commands: string[]): Promise<void> => {
    for (const what of commands) {
      const line = `qemu-io -d /machine/peripheral/vdb/virtio-backend "${what}"`;
      const said = await witness.execute('human-monitor-command', { 'command-line': line });
      expect(said).not.toMatch(/rror|verification failed/);
    }
  };

  /** The same on an image that nobody has open. */
  const image = (format: string, path: string, ...commands: string[]): void => {
    const said = execFileSync(
      'qemu-io',
      ['-r', '-f', format, ...commands.flatMap((what) => ['-c', what]), path],
      {
        encoding: 'utf8',
      },
    );
    expect(said).not.toMatch(/rror|verification failed/);
  };

  async function expectHealthy(): Promise<void> {
    await guest.nextCounter();
    expect(guest.serial.text()).not.toContain('mismatch');
    expect(await witness.execute('query-jobs')).toEqual([]);
    expect(await witness.execute('query-block-exports')).toEqual([]);
    const nodes = await witness.execute('query-named-block-nodes', { flat: true });
    expect(nodes.filter((node) => /^snapctl-b[0-9a-f]{6}-/.test(node['node-name'] ?? ''))).toEqual([]);
    const bitmaps = nodes.flatMap((node) => node['dirty-bitmaps'] ?? []);
    expect(bitmaps.filter(({ persistent }) => !persistent)).toEqual([]);
    const state = await domainStateFolder(guest.monitor);
    expect(readdirSync(state).filter((name) => name.startsWith('backup'))).toEqual([]);
  }

  /** What a checkpoint's document tells that a backup of the second disk would copy, in MiB. */
  async function changed(name: string): Promise<number> {
    const xml = await ok('checkpoint-dumpxml', 'tiny', name, '--size', '--no-domain');
    return Number(/name='vdb' [^>]*size='(\d+)'/.exec(xml)?.[1]) / 2 ** 20;
  }

  const names = async (...options: string[]): Promise<string[]> =>
    (await ok('checkpoint-list', 'tiny', '--name', ...options)).split('\n').filter((name) => name !== '');

  test('checkpoints are made, listed and told of', async () => {
    await io('write -P 17 0 4M', 'flush');
    expect(await ok('checkpoint-create-as', 'tiny', 'c1', 'the <first>')).toBe(
      'Domain checkpoint c1 created',
    );
    await io('write -P 34 4M 1M', 'flush');
    expect(await ok('checkpoint-create-as', 'tiny', 'c2', '--diskspec', 'vdb')).toBe(
      'Domain checkpoint c2 created',
    );
    await io('write -P 51 5M 1M', 'flush');
    expect(await names()).toEqual(['c1', 'c2']);
    expect(await names('--roots')).toEqual(['c1']);
    expect(await names('--leaves')).toEqual(['c2']);
    expect(await names('--no-leaves')).toEqual(['c1']);
    expect(await ok('checkpoint-parent', 'tiny', 'c2')).toBe('c1');
    expect(await refusal('checkpoint-parent', 'tiny', 'c1')).toBe("error: checkpoint 'c1' has no parent");
    expect(await ok('checkpoint-info', 'tiny', 'c1')).toMatch(/Children: +1\nDescendants: +1$/);
    expect([await changed('c1'), await changed('c2')]).toEqual([2, 1]);
    const xml = await ok('checkpoint-dumpxml', 'tiny', 'c1');
    expect(xml).toMatch(
      /^<domaincheckpoint>\n {2}<name>c1<\/name>\n {2}<description>the &lt;first&gt;<\/description>\n {2}<creationTime>\d+<\/creationTime>\n {2}<disks>\n {4}<disk name='vda' checkpoint='bitmap' bitmap='c1'\/>\n {4}<disk name='vdb' checkpoint='bitmap' bitmap='c1'\/>\n {2}<\/disks>\n {2}<domain /,
    );
    expect(await ok('checkpoint-dumpxml', 'tiny', 'c2', '--no-domain')).toContain(
      "<disk name='vda' checkpoint='no'/>",
    );
    const stored = join(await domainStateFolder(guest.monitor), 'checkpoints', 'c1.xml');
    expect(statSync(stored).mode & 0o777).toBe(0o600);
    expect(await ok('list', '--name', '--with-checkpoint')).toBe('tiny');
    expect(await refusal('checkpoint-create-as', 'tiny', 'c1')).toBe(
      'error: operation failed: domain moment c1 already exists',
    );
    expect(await refusal('checkpoint-create-as', 'tiny', 'no', '--diskspec', 'vdx')).toContain(
      "disk 'vdx' not found in domain",
    );
    expect(await refusal('checkpoint-dumpxml', 'tiny', 'no')).toBe(
      "error: Domain checkpoint not found: no domain checkpoint with matching name 'no'",
    );
  });

  test('a record is forgotten and given back, and a checkpoint is deleted', async () => {
    const xml = file('c2.xml');
    writeFileSync(xml, await ok('checkpoint-dumpxml', 'tiny', 'c2'));
    await ok('checkpoint-delete', 'tiny', 'c2', '--metadata');
    expect(await names()).toEqual(['c1']);
    expect(await ok('checkpoint-create', 'tiny', xml, '--redefine', '--redefine-validate')).toBe(
      `Domain checkpoint c2 created from '${xml}'`,
    );
    expect(await changed('c2')).toBe(1);
    await ok('checkpoint-create-as', 'tiny', 'c3', '--diskspec', 'vdb');
    expect(await ok('checkpoint-parent', 'tiny', 'c3')).toBe('c2');
    await ok('checkpoint-delete', 'tiny', 'c2');
    expect(await ok('checkpoint-parent', 'tiny', 'c3')).toBe('c1');
    expect(await refusal('checkpoint-create', 'tiny', xml, '--redefine', '--redefine-validate')).toBe(
      "error: checkpoint inconsistent: missing or broken bitmap 'c2' for disk 'vdb'",
    );
    await ok('checkpoint-delete', 'tiny', 'c1', '--children-only');
    expect(await names()).toEqual(['c1']);
    const nodes = await witness.execute('query-named-block-nodes', { flat: true });
    expect(nodes.flatMap((node) => (node['dirty-bitmaps'] ?? []).map((each) => each.name))).toEqual([
      'c1',
      'c1',
    ]);
  });

  const written = (name: string, xml: string): string => {
    writeFileSync(file(name), xml);
    return file(name);
  };

  /** Waits until no copy is being made any more. */
  async function copied(): Promise<void> {
    for (const end = performance.now() + 120_000; performance.now() < end; await delay(50)) {
      const jobs = await witness.execute('query-jobs');
      if (jobs.every(({ status }) => status === 'concluded')) return;
    }
    throw new Error('the backup did not end');
  }

  test('a whole backup is pushed while the guest writes, and changes since a checkpoint after it', async () => {
    const [full, other] = [file('full.qcow2'), file('vda.qcow2')];
    const backup = written(
      'push.xml',
      `<domainbackup><disks>
        <disk name='vdb' backup='yes' type='file'><target file='${full}'/><driver type='qcow2'/></disk>
        <disk name='vda' backup='yes' type='file'><target file='${other}'/></disk>
      </disks></domainbackup>`,
    );
    const point = written('p1.xml', '<domaincheckpoint><name>p1</name></domaincheckpoint>');
    expect(await ok('backup-begin', 'tiny', backup, point)).toBe('Backup started');
    await io('write -P 99 6M 1M', 'flush');
    await copied();
    const told = await run('backup-dumpxml', 'tiny');
    expect(told.stderr).toContain('has completed');
    expect(told.stderr).toContain('no domain backup job present');
    await expectHealthy();
    image('qcow2', full, 'read -P 17 0 4M', 'read -P 51 5M 1M', 'read -P 0 6M 1M');
    checkFileSystem(program, other);
    expect(await refusal('backup-begin', 'tiny', backup)).toContain(
      `store '${other}' for backup of 'vda' exists`,
    );

    // A snapshot lies between: both images tell of the changes since.
    await ok('snapshot-create-as', 'tiny', 's1', '--disk-only', '--diskspec', 'vda,snapshot=no');
    await io('write -P 102 7M 1M', 'flush');
    expect(await changed('p1')).toBe(2);
    const incremental = written(
      'incremental.xml',
      `<domainbackup><incremental>p1</incremental><disks>
        <disk name='vdb'><target file='${file('more.qcow2')}'/></disk>
        <disk name='vda' backup='no'/>
      </disks></domainbackup>`,
    );
    await ok('backup-begin', 'tiny', incremental);
    await copied();
    expect((await run('domstate', 'tiny')).stderr).toContain('has completed');
    await expectHealthy();
    qemuImg(program, 'rebase', '-u', '-F', 'qcow2', '-b', full, file('more.qcow2'));
    image('qcow2', file('more.qcow2'), 'read -P 17 0 4M', 'read -P 99 6M 1M', 'read -P 102 7M 1M');
    expect(qemuImg(program, 'map', '--output=json', file('more.qcow2'))).not.toMatch(
      /"start": 0, "length": \d+, "depth": 0/,
    );
    expect(
      await refusal('backup-begin', 'tiny', written('no.xml', incrementalOf('nothing', file('no.qcow2')))),
    ).toContain("Checkpoint 'nothing' for incremental backup of disk 'vdb' not found");
    expect(existsSync(file('no.qcow2'))).toBe(false);
  });

  const incrementalOf = (checkpoint: string, target: string): string =>
    `<domainbackup><incremental>${checkpoint}</incremental><disks><disk name='vdb'><target file='${target}'/></disk></disks></domainbackup>`;

  test('what is recorded outlives the deletion of snapshots, commits, pulls and copies', async () => {
    await ok('snapshot-delete', 'tiny', 's1');
    expect(await changed('p1')).toBe(2);
    const overlay = (name: string) =>
      ok(
        ...['snapshot-create-as', 'tiny', name, '--disk-only', '--no-metadata'],
        ...['--diskspec', 'vda,snapshot=no'],
      );
    await overlay('t1');
    await io('write -P 1 8M 1M', 'flush');
    await overlay('t2');
    await io('write -P 1 9M 1M', 'flush');
    await overlay('t3');
    await io('write -P 1 10M 1M', 'flush');
    expect(await changed('p1')).toBe(5);
    await ok('blockcommit', 'tiny', 'vdb', '--top', 'vdb[1]', '--base', 'vdb[2]', '--wait');
    expect(await changed('p1')).toBe(5);
    await ok('blockpull', 'tiny', 'vdb', '--base', 'vdb[2]', '--wait');
    expect(await changed('p1')).toBe(5);
    // Made when the base was below already.
    await ok('checkpoint-create-as', 'tiny', 'p2', '--diskspec', 'vdb');
    await io('write -P 1 11M 1M', 'flush');
    await ok('blockcopy', 'tiny', 'vdb', file('copy.qcow2'), '--shallow', '--wait', '--pivot');
    expect([await changed('p1'), await changed('p2')]).toEqual([6, 1]);
    await ok('blockcommit', 'tiny', 'vdb', '--active', '--wait', '--pivot');
    expect(await changed('p2')).toBe(1);
    expect(await changed('p1')).toBe(6);
    await expectHealthy();
  });

  test('changes are served over NBD, as they were at that moment, until the job is aborted', async () => {
    const socket = join(guest.folder, 'nbd');
    const xml = written(
      'pull.xml',
      `<domainbackup mode='pull'><incremental>p2</incremental><server transport='unix' socket='${socket}'/>
        <disks><disk name='vdb' backup='yes'><scratch file='${file('scratch')}'/></disk></disks>
      </domainbackup>`,
    );
    expect(await ok('backup-begin', 'tiny', xml)).toBe('Backup started');
    expect(await ok('backup-dumpxml', 'tiny')).toBe(
      [
        "<domainbackup mode='pull'>",
        '  <incremental>p2</incremental>',
        `  <server transport='unix' socket='${socket}'/>`,
        '  <disks>',
        "    <disk name='vdb' backup='yes' type='file' backupmode='incremental' incremental='p2' exportname='vdb' exportbitmap='backup-vdb'>",
        "      <driver type='qcow2'/>",
        `      <scratch file='${file('scratch')}'/>`,
        '    </disk>',
        "    <disk name='vda' backup='no'/>",
        '  </disks>',
        '</domainbackup>',
      ].join('\n'),
    );
    await io('write -P 200 0 4M', 'flush');
    const address = `nbd+unix:///vdb?socket=${socket}`;
    image('raw', address, 'read -P 17 0 4M', 'read -P 1 11M 1M');
    const dirty = `driver=nbd,export=vdb,server.type=unix,server.path=${socket},x-dirty-bitmap=qemu:dirty-bitmap:backup-vdb`;
    const map = JSON.parse(qemuImg(program, 'map', '--image-opts', '--output=json', dirty)) as {
      start: number;
      length: number;
      data: boolean;
    }[];
    expect(map.filter(({ data }) => !data).map(({ start, length }) => [start, length])).toEqual([
      [11 * 2 ** 20, 2 ** 20],
    ]);
    expect(await ok('domjobinfo', 'tiny')).toMatch(/Operation: +Backup/);
    expect(await refusal('backup-begin', 'tiny', xml)).toContain('another backup job is already running');
    expect(await refusal('blockpull', 'tiny', 'vdb')).toContain('already in active block job');
    await ok('domjobabort', 'tiny');
    expect(existsSync(file('scratch'))).toBe(false);
    expect(await refusal('domjobabort', 'tiny')).toContain('no job is active on the domain');
    await io('read -P 200 0 4M');
    await expectHealthy();
  });

  test('a backup whose command is killed is undone or goes on, and one that is aborted leaves nothing', async () => {
    const target = file('killed.qcow2');
    const xml = written(
      'killed.xml',
      `<domainbackup><disks><disk name='vdb'><target file='${target}'/></disk></disks></domainbackup>`,
    );
    const env = { SNAPCTL_STATE_DIR: join(folder, 'state') };
    const record = join(await domainStateFolder(guest.monitor), 'backup.json');
    await runProgram(uri, ['backup-begin', 'tiny', xml], {
      env,
      started: (child) => {
        void (async () => {
          while (child.exitCode === null && !existsSync(record)) await delay(1);
          child.kill('SIGKILL');
        })();
      },
    });
    await copied();
    const { stderr } = await run('domstate', 'tiny');
    expect(stderr).toMatch(/has completed|has been undone/);
    if (stderr.includes('completed')) image('qcow2', target, 'read -P 200 0 4M');
    else expect(existsSync(target)).toBe(false);
    await expectHealthy();
    expect(await names()).toEqual(['c1', 'p1', 'p2']);
  });

  test('a checkpoint of frozen file systems: they are thawed, whatever ends the command', async () => {
    const status = async (): Promise<string> =>
      JSON.parse(await ok('qemu-agent-command', 'tiny', '{"execute":"guest-fsfreeze-status"}')).return;
    const known = await names();
    expect(await ok('checkpoint-create-as', 'tiny', 'q1', '--quiesce')).toBe('Domain checkpoint q1 created');
    expect(await status()).toBe('thawed');
    // One that is there already is told of before anything is frozen.
    expect(await refusal('checkpoint-create-as', 'tiny', 'q1', '--quiesce')).toContain(
      'domain moment q1 already exists',
    );
    const state = await domainStateFolder(guest.monitor);
    const journal = join(state, 'journal.json');
    expect(existsSync(journal)).toBe(false);
    let guardian = 0;
    const killed = await runProgram(uri, ['checkpoint-create-as', 'tiny', 'q2', '--quiesce'], {
      env: { SNAPCTL_STATE_DIR: join(folder, 'state') },
      started: (child) => {
        void (async () => {
          const frozen = (): boolean => {
            try {
              return readFileSync(journal, 'utf8').includes('"frozen": true');
            } catch {
              return false;
            }
          };
          while (child.exitCode === null && !frozen()) await delay(1);
          guardian = JSON.parse(readFileSync(journal, 'utf8')).guardian.pid;
          process.kill(guardian, 'SIGSTOP');
          child.kill('SIGKILL');
        })();
      },
    });
    expect(killed.code).not.toBe(0);
    // Waits for the guardian, however long that takes, and says what it did.
    setTimeout(() => process.kill(guardian, 'SIGCONT'), 1500);
    const { code, stderr } = await run('checkpoint-create-as', 'tiny', 'q2', '--quiesce');
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(
        /checkpoint 'q2' of domain 'tiny', begun .*, was cut off and has been undone/,
      ),
    });
    expect(await status()).toBe('thawed');
    expect(await names()).toEqual([...known, 'q1', 'q2']);
    await guest.nextCounter();
    await ok('suspend', 'tiny');
    expect(await refusal('checkpoint-create-as', 'tiny', 'q3', '--quiesce')).toContain(
      'domain is not running',
    );
    await ok('resume', 'tiny');
    for (const name of ['q2', 'q1']) await ok('checkpoint-delete', 'tiny', name);
    await expectHealthy();
  });
});
