import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Journal, type JournalRecord } from '../../src/snapshot/journal.js';
import { isAlive } from '../../src/snapshot/process-identity.js';
import { createEmbedRoot, destroyEmbedRoot, embedUri } from '../support/embed-root.mjs';
import { ownCommands } from '../support/own-program.js';
import { runProgram } from '../support/program.js';
import { BareGuest, qemuPrograms } from '../support/qemu.js';

describe.each(qemuPrograms)('snapshots of a guest on %s, through the program', (_, find) => {
  let guest: BareGuest;
  const uri = (): string => `qmp://${guest.monitor}`;
  const env = (): Record<string, string> => ({ SNAPCTL_STATE_DIR: join(guest.folder, 'state') });
  const { run, ok, refusal } = ownCommands(uri);
  const create = (...words: string[]): string[] => ['snapshot-create-as', 'tiny', ...words];
  const state = (): Promise<string> => ok('domstate', 'tiny', '--reason');
  const stateFolder = (): string => {
    const parent = join(guest.folder, 'state', 'qmp');
    return join(parent, readdirSync(parent)[0] ?? '');
  };
  const names = async (): Promise<string[]> =>
    (await ok('snapshot-list', 'tiny', '--name')).split('\n').filter(Boolean);

  /** Starts an operation and kills it, and its guardian too if asked, as soon as it has written its journal. */
  async function kill(
    words: string[],
    { guardian, after = 0 }: { guardian: boolean; after?: number },
  ): Promise<JournalRecord> {
    let record: JournalRecord | undefined;
    await runProgram(uri(), words, {
      env: env(),
      started: async (child) => {
        while (!record && child.exitCode === null) {
          record = await Journal.read(stateFolder());
          if (record?.step === 'preparing') record = undefined;
          await delay(1);
        }
        await delay(after);
        if (guardian && record?.guardian) process.kill(record.guardian.pid, 'SIGKILL');
        child.kill('SIGKILL');
      },
    });
    if (!record) throw new Error('it ended before it could be killed');
    return record;
  }

  beforeAll(async () => {
    guest = await BareGuest.start({ program: await find(), disks: 2 });
    mkdirSync(join(guest.folder, 'state', 'qmp'), { recursive: true, mode: 0o700 });
    process.env.SNAPCTL_STATE_DIR = env().SNAPCTL_STATE_DIR;
    await ok('domstate', 'tiny');
  }, 180_000);

  afterAll(async () => {
    delete process.env.SNAPCTL_STATE_DIR;
    await guest?.dispose();
  });

  test('what cannot be is refused as libvirt refuses it, and nothing is touched', async () => {
    const xml = (name: string, text: string): string => {
      writeFileSync(join(guest.folder, name), text);
      return join(guest.folder, name);
    };
    const only = ['--disk-only', '--diskspec'];
    const refusals: [words: string[], message: string][] = [
      [create('a/b'), "invalid snapshot name 'a/b': name can't contain '/'"],
      [create('..'), "invalid snapshot name '..': name can't start with '.'"],
      [
        create('s', '--quiesce'),
        "Flag 'VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY' is required by flag 'VIR_DOMAIN_SNAPSHOT_CREATE_QUIESCE'",
      ],
      [
        create('s', '--live'),
        'Operation not supported: live snapshot creation is supported only during full system snapshots',
      ],
      [
        create('s', '--disk-only', '--memspec', '/m'),
        'XML error: memory state cannot be saved with offline or disk-only snapshot',
      ],
      [
        create('s', '--memspec', 'snapshot=external'),
        'XML error: external memory snapshots require a filename',
      ],
      [
        create('s', '--memspec', 'file=m,snapshot=external'),
        'XML error: memory snapshot file path (m) must be absolute',
      ],
      [
        create('s', '--memspec', '/m,snapshot=internal'),
        "XML error: memory filename '/m' requires external snapshot",
      ],
      [
        create('s', '--memspec', 'snapshot=frob'),
        "XML error: Invalid value for attribute 'snapshot' in element 'memory': 'frob'.",
      ],
      [
        create('s', '--memspec', 'snapshot=no'),
        'Operation not supported: internal snapshot of a running VM must include the memory state',
      ],
      [
        create('s', '--diskspec', 'vda,snapshot=external'),
        "unsupported configuration: disk 'vda' must use snapshot mode 'internal'",
      ],
      [create('s', ...only, 'vdz'), "unsupported configuration: no disk named 'vdz'"],
      [
        create('s', ...only, 'vda', '--diskspec', 'disk0'),
        "unsupported configuration: disk 'disk0' specified twice",
      ],
      [
        create('s', ...only, 'vda,driver=raw'),
        'unsupported configuration: external snapshot format for disk vda is unsupported: raw',
      ],
      [
        create('s', ...only, 'vda,driver=frob'),
        "unsupported configuration: unknown disk snapshot driver 'frob'",
      ],
      [
        create('s', ...only, 'vda,snapshot=manual'),
        "unsupported configuration: snapshot mode 'manual' of disk 'vda' is not supported",
      ],
      [
        create('s', ...only, 'vda,snapshot=no,file=/f'),
        "unsupported configuration: file '/f' for disk 'vda' requires use of external snapshot mode",
      ],
      [create('s', ...only, 'vda,file=f'), "XML error: disk snapshot image path 'f' must be absolute"],
      [
        create('s', ...only, 'vda,snapshot=no', '--diskspec', 'vdb,snapshot=no'),
        'unsupported configuration: disk-only snapshots require at least one disk to be selected for snapshot',
      ],
      [
        create('s', ...only, `vda,file=${guest.folder}/none`, '--reuse-external'),
        `missing existing file for disk vda: ${guest.folder}/none: No such file or directory`,
      ],
      [
        create('s', ...only, 'vda,stype=block,file=/dev/null'),
        "unsupported configuration: '/dev/null' is not a block device",
      ],
      [
        create('s', '--disk-only', '--method', 'background'),
        'unsupported configuration: --method says how memory gets into a file, and there is none (see --memspec)',
      ],
      [
        create('s', ...only, `vda,file=${guest.folder}/none/f`),
        `failed to create image file '${guest.folder}/none/f': No such file or directory`,
      ],
      [create('s', '--memspec', '/proc/sys/f'), "cannot write '/proc/sys/f': No such file or directory"],
      [
        create('n'.repeat(300)),
        'unsupported configuration: the name of an internal snapshot may have 255 bytes at most',
      ],
      [
        create('n'.repeat(300), '--disk-only'),
        `unable to stat for disk vda: ${guest.folder}/disk0.${'n'.repeat(300)}: File name too long`,
      ],
      [
        ['snapshot-create', 'tiny', xml('other', '<foo/>')],
        "XML error: expecting root element of 'domainsnapshot', not 'foo'",
      ],
      [
        ['snapshot-create', 'tiny', xml('extra', '<domainsnapshot><frob/></domainsnapshot>'), '--validate'],
        'XML document failed to validate against schema: Unable to validate doc against /usr/share/libvirt/schemas/domainsnapshot.rng\nElement domainsnapshot has extra content: frob',
      ],
      [
        ['snapshot-revert', 'tiny', 'none'],
        "Domain snapshot not found: no domain snapshot with matching name 'none'",
      ],
      [
        ['snapshot-delete', 'tiny', 'none'],
        "Domain snapshot not found: no domain snapshot with matching name 'none'",
      ],
    ];
    const before = await ok('domblklist', 'tiny');
    const input = refusals.map(([words]) => `${words.map((word) => `'${word}'`).join(' ')}\necho\n`).join('');
    const { stderr, stdout } = await runProgram(uri(), ['-q'], { env: env(), input, timeout: 120_000 });
    expect(stdout).not.toContain('created');
    const said = stderr
      .split(/^error: /m)
      .slice(1)
      .map((text) => text.trim());
    expect(said).toEqual(refusals.map(([, message]) => message));
    expect(await ok('domblklist', 'tiny')).toBe(before);
    expect(await names()).toEqual([]);
    expect(await state()).toMatch(/^running/);
  }, 180_000);

  test('a link or a file in the place of a target stays what it is', async () => {
    const [link, file] = [join(guest.folder, 'link'), join(guest.folder, 'there')];
    symlinkSync('/nowhere', link);
    writeFileSync(file, 'mine');
    for (const path of [link, file]) {
      expect(await refusal(...create('s', '--disk-only', '--diskspec', `vda,file=${path}`))).toContain(
        'already exists',
      );
      expect(await refusal(...create('s', '--memspec', path))).toContain('already exists');
      expect(await refusal('dump', 'tiny', path)).toContain('File exists');
    }
    expect(readFileSync(file, 'utf8')).toBe('mine');
    expect(existsSync('/nowhere')).toBe(false);
    expect(existsSync(join(guest.folder, 'disk1.s'))).toBe(false);
  }, 120_000);

  test('an internal snapshot is gone back to: the counter too', async () => {
    await ok(...create('i1'));
    const counter = await guest.nextCounter();
    await ok(...create('i2', 'two words'));
    expect(await ok('snapshot-list', 'tiny', '--tree')).toBe('i1\n  |\n  +- i2');
    while ((await guest.nextCounter()) < counter + 10);
    // Stopped, so that what it says next is said after the revert.
    await ok('suspend', 'tiny');
    const next = guest.serial.waitFor(/^counter (\d+)$/, { from: guest.serial.end(), timeout: 60_000 });
    for (const [verb, call] of [
      ['snapshot-revert', 'virDomainRevertToSnapshot'],
      ['snapshot-delete', 'virDomainSnapshotDelete'],
    ] as const) {
      expect(await refusal('-r', verb, 'tiny', 'i1')).toContain(`read only access prevents ${call}`);
    }
    expect(await ok('snapshot-revert', 'tiny', 'i1')).toBe('Domain snapshot i1 reverted');
    expect(Number((await next)[1])).toBeLessThan(counter + 8);
    expect(await ok('snapshot-current', 'tiny', '--name')).toBe('i1');
    await ok('snapshot-revert', 'tiny', 'i2', '--paused');
    expect(await state()).toBe('paused (from snapshot)');
    expect(await refusal('snapshot-revert', 'tiny', 'i2', '--paused', '--running')).toContain(
      'mutually exclusive',
    );
    await ok('snapshot-revert', 'tiny', 'i2', '--running');
    expect(await state()).toMatch(/^running/);
    expect(await ok('snapshot-delete', 'tiny', 'i1')).toBe('Domain snapshot i1 deleted');
    expect(await ok('snapshot-info', 'tiny', 'i2')).toMatch(/Parent: +-\n/);
    expect(await ok('qemu-monitor-command', 'tiny', '{"execute":"query-block"}')).not.toContain('"i1"');
    await ok('snapshot-delete', 'tiny', 'i2', '--metadata');
    // The images hold it still.
    expect(await ok('snapshot-list', 'tiny', '--no-metadata', '--name')).toBe('i2');
    await ok('snapshot-delete', 'tiny', 'i2');
    expect(await names()).toEqual([]);
  }, 240_000);

  test.each([false, true])(
    'a revert that is killed leaves the guest running (guardian killed: %s)',
    async (guardian) => {
      await ok(...create('back'));
      const record = await kill(['snapshot-revert', 'tiny', 'back'], { guardian });
      expect(record).toMatchObject({ operation: 'snapshot-revert', wasRunning: true, leaveRunning: true });
      if (guardian) {
        expect(await state()).toMatch(/^(running|paused \(from snapshot\))/);
        const { stderr, code } = await run('suspend', 'tiny');
        if (code !== 0) expect(stderr).toContain("the revert to snapshot 'back' of domain 'tiny', begun ");
        expect((await run('recover', 'tiny')).code).toBe(0);
      }
      while (await Journal.read(stateFolder())) {
        // Asked in this order: it may have ended since the record was read, and has left none then.
        const alive = record.guardian && (await isAlive(record.guardian));
        expect(alive || !(await Journal.read(stateFolder()))).toBe(true);
        await delay(50);
      }
      const { stderr } = await run('domstate', 'tiny');
      // Told once, unless recover has told it.
      expect(stderr).toMatch(
        guardian ? /^$/ : /^the revert to snapshot 'back' of domain 'tiny', begun .*, was cut off and/,
      );
      expect(await state()).toMatch(/^running/);
      await guest.nextCounter();
      await run('snapshot-delete', 'tiny', 'back');
      expect(await names()).toEqual([]);
    },
    180_000,
  );

  test('while a snapshot is taken others see why the guest is paused, even when nobody takes it any more', async () => {
    const memory = join(guest.folder, 'p1.mem');
    // A kill may come before the guest was stopped, or when the snapshot was whole: another instant is tried then.
    let seen = '';
    for (const after of [20, 0, 50, 100, 200, 400]) {
      await kill(create('p1', '--memspec', memory), { guardian: true, after });
      seen = await state();
      if (seen === 'paused (creating snapshot)') break;
      expect((await run('recover', 'tiny')).code).toBe(0);
      for (const name of await names()) await ok('snapshot-delete', 'tiny', name);
      rmSync(memory, { force: true });
    }
    expect(seen).toBe('paused (creating snapshot)');
    expect(await ok('list')).toMatch(/tiny +paused/);
    expect(await refusal('resume', 'tiny')).toContain("was cut off: run 'snapctl recover tiny' first");
    expect((await run('recover', 'tiny')).stdout).toMatch(
      /^Domain 'tiny': snapshot 'p1' was cut off and has been undone/,
    );
    expect(await state()).toMatch(/^running/);

    await kill(create('p2'), { guardian: true, after: 30 });
    // snapshot-save goes on by itself and has the monitor; then it is over, and the guest runs.
    expect(await state()).toMatch(/^(paused \(creating snapshot\)|running)/);
    expect((await run('recover', 'tiny')).code).toBe(0);
    expect(await state()).toMatch(/^running/);
    const kept = await names();
    for (const name of kept) await ok('snapshot-delete', 'tiny', name);
    expect(existsSync(join(guest.folder, 'p1.mem'))).toBe(false);
  }, 240_000);

  test.each([0, 100])(
    'a dump that is killed after %s ms is whole or gone, and the guest runs',
    async (after) => {
      const core = join(guest.folder, `core${after}`);
      // A small guest's dump is soon over: on a busy machine it may be through before it is seen.
      let record: JournalRecord | undefined;
      for (let left = 5; !record; left--) {
        rmSync(core, { force: true });
        record = await kill(['dump', 'tiny', core, '--memory-only'], { guardian: true, after }).catch(
          (error: Error) => {
            if (left === 0 || !error.message.includes('before it could be killed')) throw error;
            return undefined;
          },
        );
      }
      expect(record).toMatchObject({ operation: 'dump', wasRunning: true });
      expect(await run('recover', 'tiny')).toMatchObject({ code: 0, stderr: '' });
      expect(await state()).toMatch(/^running/);
      expect(await Journal.read(stateFolder())).toBeUndefined();
      expect(readdirSync(guest.folder).filter((name) => name.endsWith('.partial'))).toEqual([]);
      if (existsSync(core)) expect(statSync(core).size).toBeGreaterThan(256 * 2 ** 20);
      rmSync(core, { force: true });
    },
    120_000,
  );

  test('odd names stay names', async () => {
    const odd = ['ü и 日本', 'a b;$(touch x)`y`', '-q', '%s\\n', 'x'.repeat(200)];
    for (const name of odd) {
      await ok(
        'snapshot-create-as',
        '--domain',
        'tiny',
        `--name=${name}`,
        '--disk-only',
        '--diskspec',
        'vda',
        '--diskspec',
        'vdb,snapshot=no',
      );
    }
    expect((await names()).sort()).toEqual([...odd].sort());
    const files = readdirSync(join(stateFolder(), 'snapshots'));
    expect(files.filter((name) => name.endsWith('.xml'))).toHaveLength(odd.length);
    for (const file of files)
      expect(statSync(join(stateFolder(), 'snapshots', file)).mode & 0o777).toBe(0o600);
    expect(await ok('snapshot-parent', '--domain', 'tiny', '--snapshotname=-q')).toBe(odd[1]);
    for (const name of odd) await ok('snapshot-delete', 'tiny', `--snapshotname=${name}`, '--metadata');
    expect(await names()).toEqual([]);
  }, 180_000);

  test('a prepared image is taken only if it fits', async () => {
    const source = async (): Promise<string> =>
      (await ok('domblklist', 'tiny')).match(/vdb +(\S+)/)?.[1] ?? '';
    const base = await source();
    const make = (name: string, backing: string, size: string): string => {
      const path = join(guest.folder, name);
      guest.createImage('-f', 'qcow2', '-u', ...(backing ? ['-b', backing, '-F', 'qcow2'] : []), path, size);
      return path;
    };
    const reuse = (file: string): string[] =>
      create(
        'r1',
        '--disk-only',
        '--reuse-external',
        '--validate',
        '--diskspec',
        `vdb,file=${file}`,
        '--diskspec',
        'vda,snapshot=no',
      );
    expect(await refusal(...reuse(make('bare', '', '64M')))).toContain('it has no backing file');
    expect(await refusal(...reuse(make('small', base, '32M')))).toContain(
      "its size is 33554432 bytes, the disk's is 67108864",
    );
    expect(await refusal(...reuse(make('stray', guest.disks[0] ?? '', '64M')))).toContain(
      'its backing file is',
    );
    expect(await refusal(...reuse(base))).toContain('the disk is on it already');
    const good = make('good', base, '64M');
    expect(await ok(...reuse(good))).toBe('Domain snapshot r1 created');
    expect(await source()).toBe(good);
  }, 180_000);

  test('what is written down is taken by virsh, and edited documents are taken back', async () => {
    await ok(...create('e1', '--memspec', join(guest.folder, 'e1.mem'), '--live'));
    const xml = await ok('snapshot-dumpxml', 'tiny', 'e1');
    const document = join(guest.folder, 'e1.xml');
    writeFileSync(document, xml);
    // A libvirt of its own, with the same domain; r1 is not known to it.
    const root = createEmbedRoot();
    try {
      // libvirt can run the installed QEMU alone.
      const known = (text: string): string =>
        text
          .replace(/(machine='pc-q35)-[\d.]+'/g, "$1-7.2'")
          .replace(/<emulator>.*?<\/emulator>/g, '<emulator>/usr/bin/qemu-system-x86_64</emulator>');
      writeFileSync(join(root, 'tiny.xml'), known(await ok('dumpxml', 'tiny')));
      writeFileSync(join(root, 'e1.xml'), known(xml).replace(/ *<parent>[\s\S]*?<\/parent>\n/, ''));
      const words = [
        `define ${root}/tiny.xml`,
        `snapshot-create tiny ${root}/e1.xml --redefine --validate`,
        'snapshot-info tiny e1',
      ];
      const said = execFileSync('virsh', ['-c', embedUri(root), words.join('; ')], {
        encoding: 'utf8',
        input: '',
        stdio: ['pipe', 'pipe', 'ignore'],
        env: { ...process.env, LC_ALL: 'C.UTF-8' },
      });
      expect(said).toMatch(/State: +running\nLocation: +external\n/);
    } finally {
      destroyEmbedRoot(root);
    }

    const edited = (change: (text: string) => string): string => {
      writeFileSync(document, change(xml));
      return document;
    };
    const redefine = (change: (text: string) => string, ...more: string[]): string[] => [
      'snapshot-create',
      'tiny',
      edited(change),
      '--redefine',
      ...more,
    ];
    const messages: [change: (text: string) => string, message: string][] = [
      [
        (text) => text.replace(/<uuid>.{4}/, '<uuid>0000'),
        'invalid argument: definition for snapshot e1 must use uuid b6d0b2a0-5bd0-4a3c-9c0e-6d3f1f3f6b11',
      ],
      [
        (text) => text.replace('<state>running', '<state>shutoff').replace(/<memory snapshot.*\n/, ''),
        'invalid argument: cannot change between online and offline snapshot state in snapshot e1',
      ],
      [
        (text) => text.replace('<state>running', '<state>frob'),
        "unsupported configuration: Invalid state 'frob' in domain snapshot XML",
      ],
      [
        (text) => text.replace(/<creationTime>.*\n/, ''),
        'internal error: missing creationTime from existing snapshot',
      ],
      [
        (text) => text.replace(/<name>r1<\/name>/, '<name>e1</name>'),
        'invalid argument: cannot set moment e1 as its own parent',
      ],
      [
        (text) => text.replace(/<name>r1<\/name>/, '<name>zz</name>'),
        'invalid argument: parent zz for moment e1 not found',
      ],
      [
        (text) => text.replace(/ *<name>e1<\/name>\n/, ''),
        'XML error: a redefined snapshot must have a name',
      ],
    ];
    for (const [change, message] of messages)
      expect(await refusal(...redefine(change))).toBe(`error: ${message}`);
    const described = (text: string): string =>
      text.replace('</name>', '</name><description>new</description>');
    expect(await ok(...redefine(described, '--current', '--validate'))).toBe(
      `Domain snapshot e1 created from '${document}'`,
    );
    expect(await ok('snapshot-dumpxml', 'tiny', 'e1')).toContain('<description>new</description>');
    await ok('snapshot-delete', 'tiny', 'r1', '--metadata');
    expect(await ok('snapshot-list', 'tiny', '--roots', '--name')).toBe('e1');
    expect(await refusal('snapshot-delete', 'tiny', 'e1', '--children', '--children-only')).toContain(
      'mutually exclusive',
    );
  }, 180_000);

  test('standard output is virsh’s; what it cost is told on standard error, or as JSON', async () => {
    const told = await run(...create('j1', '--disk-only', '--progress'));
    expect(told.stdout).toBe('Domain snapshot j1 created\n');
    expect(told.stderr).toMatch(/^Guest not paused, \d+\.\d s\n$/);
    const { stdout } = await runProgram(
      uri(),
      ['--json', ...create('j2', '--memspec', join(guest.folder, 'j2.mem'))],
      { env: env() },
    );
    expect(JSON.parse(stdout)).toMatchObject({
      name: 'j2',
      domain: 'tiny',
      method: 'stopped',
      pauseMs: expect.any(Number),
      memoryBytes: expect.any(Number),
    });
  }, 120_000);

  test('--halt ends the guest once the snapshot is whole', async () => {
    await ok(...create('last', '--disk-only', '--halt'));
    await guest.exited();
    const files = readdirSync(guest.folder).filter((name) => /^(disk0|good)\.last$/.test(name));
    expect(files).toHaveLength(2);
    for (const file of files)
      execFileSync(guest.program.qemuImg, ['check', '-q', join(guest.folder, file)], {
        env: { ...process.env, ...guest.program.env },
      });
  }, 120_000);
});
