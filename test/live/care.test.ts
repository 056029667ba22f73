import { execFile, execFileSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { snapctl } from '../support/embed.mjs';
import { runProgram } from '../support/program.js';
import { BareGuest } from '../support/qemu.js';

interface Finding {
  readonly severity: string;
  readonly code: string;
  readonly domain: string | null;
  readonly file: string | null;
  readonly message: string;
  readonly command: string;
}

describe('the images of a bare guest are looked after', () => {
  let guest: BareGuest;
  let uri: string;
  const file = (name: string): string => join(guest.folder, name);
  const env = (): Record<string, string> => ({ SNAPCTL_STATE_DIR: file('state') });

  beforeAll(async () => {
    guest = await BareGuest.start({ disks: 2 });
    uri = `qmp://${guest.monitor}`;
  }, 180_000);

  afterAll(() => guest?.dispose());

  async function run(...words: string[]): Promise<string> {
    const { code, stdout, stderr } = await runProgram(uri, words, { env: env() });
    expect([code, stderr]).toEqual([0, '']);
    return stdout;
  }

  async function findings(): Promise<Finding[]> {
    const { stdout, stderr } = await runProgram(uri, ['--json', 'doctor', 'tiny'], { env: env() });
    expect(stderr).toBe('');
    const { findings: found } = JSON.parse(stdout) as { findings: Finding[] };
    return found.filter(({ code }) => code !== 'known-bug' && code !== 'agent-silent');
  }

  const garbage = async (how: string): Promise<{ removed: string[]; kept: Record<string, string> }> => {
    const { stdout, stderr } = await runProgram(uri, ['--json', 'gc', 'tiny', how], { env: env() });
    expect(stderr).toBe('');
    const { removed, kept } = JSON.parse(stdout) as {
      removed: { file: string }[];
      kept: { file: string; reason: string }[];
    };
    return {
      removed: removed.map((each) => each.file).sort(),
      kept: Object.fromEntries(kept.map((each) => [each.file, each.reason])),
    };
  };

  /** Does what a finding says, in a shell in which snapctl is the one that is tested. */
  async function mend({ command }: Finding): Promise<void> {
    const program = `snapctl() { '${process.execPath}' '${process.env.SNAPCTL_TEST_PROGRAM ?? snapctl}' "$@"; }`;
    await promisify(execFile)('bash', ['-ec', `${program}\n${command}`], {
      env: { ...process.env, ...env() },
    });
  }

  const expectCounting = async (): Promise<void> => {
    const counter = await guest.nextCounter();
    expect(await guest.nextCounter()).toBeGreaterThan(counter);
    expect(guest.serial.text()).not.toContain('mismatch');
  };

  test('domblklist --chain tells every image, and whose it is', async () => {
    await run('snapshot-create-as', 'tiny', 's1', '--disk-only');
    await run('snapshot-create-as', 'tiny', 's2', '--live', '--memspec', file('s2.mem'));
    await run(
      'snapshot-create-as',
      'tiny',
      's3',
      '--disk-only',
      '--diskspec',
      'vda',
      '--diskspec',
      'vdb,snapshot=no',
    );
    const [first = '', second = ''] = guest.disks;
    const stem = (path: string): string => path.replace(/\.[^./]*$/, '');
    const chain = JSON.parse(await run('--json', 'domblklist', 'tiny', '--chain')) as Record<
      string,
      unknown
    >[];
    expect(chain.map((each) => [each.target, each.file, each.active, each.snapshots, each.madeBy])).toEqual([
      ['vda', `${stem(first)}.s3`, true, [], 's3'],
      ['vda', `${stem(first)}.s2`, false, ['s3'], 's2'],
      ['vda', `${stem(first)}.s1`, false, ['s2'], 's1'],
      ['vda', first, false, ['s1'], null],
      ['vdb', `${stem(second)}.s2`, true, [], 's2'],
      ['vdb', `${stem(second)}.s1`, false, ['s2'], 's1'],
      ['vdb', second, false, ['s1'], null],
    ]);
    for (const each of chain) {
      expect(each).toMatchObject({ format: expect.stringMatching(/^(qcow2|raw)$/), problem: null });
      expect(each.size).toBeGreaterThan(1_000_000);
      expect(each.bytes).toBeGreaterThan(1000);
    }
    const table = await run('domblklist', 'tiny', '--chain');
    expect(table).toMatch(/^ Target +Format +Capacity +Allocation +Snapshot +Made by +Source\n-+\n vda /);
    expect(table).toContain(`${stem(first)}.s3\n`);
    expect(table.split('\n').filter((line) => /^ +qcow2/.test(line)).length).toBeGreaterThanOrEqual(4);
  }, 120_000);

  test('nothing is garbage while anything refers to it, and nothing is wrong', async () => {
    const before = readdirSync(guest.folder).sort();
    const { removed, kept } = await garbage('--yes');
    expect(removed).toEqual([]);
    expect(Object.keys(kept).sort()).toEqual(before.filter((name) => /\.(s[123]|mem)$/.test(name)).map(file));
    expect(kept[file('s2.mem')]).toBe("snapshot 's2' of domain 'tiny' tells of it");
    expect(readdirSync(guest.folder).sort()).toEqual(before);
    expect(await findings()).toEqual([]);
    const { code, stdout } = await runProgram(uri, ['doctor'], { env: env() });
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/^Domain 'tiny':\n Target [\s\S]*0 errors, 0 warnings, /),
    ]);
  }, 120_000);

  test('what a snapshot left goes, but not while somebody has it open or it may be needed', async () => {
    await run('snapshot-delete', 'tiny', 's2', '--metadata');
    const memory = file('s2.mem');
    expect((await garbage('--dry-run')).removed).toEqual([memory]);
    expect((await findings()).map(({ code, file: about }) => [code, about])).toEqual([['garbage', memory]]);

    const held = openSync(memory, 'r');
    try {
      expect((await garbage('--yes')).kept[memory]).toMatch(/^process \d+ \(.*\) has it open$/);
    } finally {
      closeSync(held);
    }
    // A record that can't be read proves nothing.
    const record = join(file('state'), 'qmp', 'other', 'journal.json');
    execFileSync('mkdir', ['-p', join(record, '..')]);
    writeFileSync(record, JSON.stringify({ version: 1, file: memory }));
    expect((await garbage('--yes')).kept[memory]).toBe(`the journal (${record}) tells of it`);
    rmSync(join(record, '..'), { recursive: true });
    // Another file under the name is another file.
    execFileSync('mv', [memory, `${memory}.aside`]);
    writeFileSync(memory, 'mine');
    expect((await garbage('--dry-run')).removed).toEqual([]);
    execFileSync('mv', [`${memory}.aside`, memory]);
    expect(existsSync(memory)).toBe(true);

    // Never finished, and given up long ago; and one that is being written.
    const [old, fresh] = ['.x.mem.0123456789ab.partial', '.y.mem.0123456789ab.partial'].map(file) as [
      string,
      string,
    ];
    for (const each of [old, fresh]) writeFileSync(each, 'QEVM');
    utimesSync(old, new Date(0), new Date(0));
    const [warning] = (await findings()).filter(({ file: about }) => about === memory);
    await mend(warning as Finding);
    expect([memory, old, fresh].map((each) => existsSync(each))).toEqual([false, false, true]);
    rmSync(fresh);
    expect((await garbage('--dry-run')).removed).toEqual([]);
    await expectCounting();
  }, 120_000);

  test('doctor finds what is amiss, and what it says mends it', async () => {
    const [first = ''] = guest.disks;
    const orphan = file('orphan.qcow2');
    execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', first, '-F', 'qcow2', orphan]);
    utimesSync(orphan, new Date(0), new Date(0));
    chmodSync(first, 0o666);
    await run('snapshot-create-as', 'tiny', 's4', '--live', '--memspec', file('s4.mem'));
    chmodSync(file('s4.mem'), 0o644);
    await run('snapshot-create-as', 'tiny', 's5', '--live', '--memspec', file('s5.mem'));
    rmSync(file('s5.mem'));
    // An operation of a guest that has ended since, and of a snapctl that has been killed.
    const ended = join(file('state'), 'qmp', 'ended-0123456789abcdef');
    execFileSync('mkdir', ['-p', ended]);
    const dead = { pid: 1, startTime: '1' };
    writeFileSync(
      join(ended, 'journal.json'),
      JSON.stringify({
        version: 1,
        ...{
          domain: 'tiny',
          uuid: '',
          socket: file('gone.sock'),
          agentSocket: null,
          qemu: dead,
          controller: dead,
        },
        ...{
          guardian: null,
          operation: 'snapshot-create',
          snapshot: 'x',
          startedAt: '2026-01-01T00:00:00.000Z',
        },
        ...{ step: 'preparing', method: 'none', wasRunning: true, halt: false, frozen: false, overlays: [] },
        ...{ memory: null, migration: null, internal: [], jobs: [], snapshotXml: null },
      }),
    );

    const { code, stdout } = await runProgram(uri, ['doctor', 'tiny'], { env: env() });
    expect(code).toBe(1);
    expect(stdout).toContain('2 errors, 2 warnings, ');
    const found = await findings();
    expect(found.map((each) => [each.severity, each.code, each.file]).sort()).toEqual(
      [
        ['error', 'snapshot-file-missing', file('s5.mem')],
        ['error', 'unfinished-operation', null],
        ['note', 'orphaned-image', orphan],
        ['warning', 'wrong-mode', first],
        ['warning', 'wrong-mode', file('s4.mem')],
      ].sort(),
    );
    expect(await garbage('--yes')).toMatchObject({ removed: [] });
    expect(existsSync(orphan)).toBe(true);
    for (const each of found) await mend({ ...each, command: each.command.replace('rm -i ', 'rm ') });
    expect(await findings()).toEqual([]);
    expect(existsSync(orphan)).toBe(false);
    await expectCounting();
  }, 180_000);
});
