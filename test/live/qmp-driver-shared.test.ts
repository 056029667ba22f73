import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { QmpClient } from '../../src/qmp/index.js';
import { Journal, type JournalRecord } from '../../src/snapshot/journal.js';
import { type ProgramResult, runProgram } from '../support/program.js';
import { BareGuest, qemuPrograms } from '../support/qemu.js';

/** One guest with two monitors, which several users share. */
describe.each(qemuPrograms)('a guest on %s that several share', (_, find) => {
  let guest: BareGuest;
  const first = (): string => `qmp://${guest.monitor}`;
  const second = (): string => `qmp://${guest.folder}/second.qmp`;
  const env = (more: Record<string, string> = {}): Record<string, string> => ({
    SNAPCTL_STATE_DIR: join(guest.folder, 'state'),
    ...more,
  });
  const on = (uri: string, ...words: string[]): Promise<ProgramResult> =>
    runProgram(uri, words, { env: env() });
  const okOn = async (uri: string, ...words: string[]): Promise<string> => {
    const result = await on(uri, ...words);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    return result.stdout.trim();
  };
  const ok = (...words: string[]): Promise<string> => okOn(first(), ...words);
  const stateFolders = (): string[] => readdirSync(join(guest.folder, 'state', 'qmp'));
  const journal = (): Promise<JournalRecord | undefined> =>
    Journal.read(join(guest.folder, 'state', 'qmp', stateFolders()[0] ?? ''));
  /** What a session answers to each of some lines, and all its complaints. */
  const session = async (
    uri: string,
    lines: readonly string[],
  ): Promise<{ answers: Record<string, string>; stderr: string }> => {
    const input = lines.map((line) => `${line}\n`).join('');
    const { stdout, stderr } = await runProgram(uri, ['-q'], { env: env(), input, timeout: 120_000 });
    const parts = stdout.split('snapctl # ').filter((part) => part.trim() !== '');
    const split = parts.map((part) => [
      part.split('\n', 1)[0] ?? '',
      part.slice(part.indexOf('\n') + 1).trim(),
    ]);
    return { answers: Object.fromEntries(split), stderr };
  };
  const create = (...words: string[]): string[] => ['snapshot-create-as', 'tiny', ...words];
  const names = async (...filter: string[]): Promise<string> =>
    (await ok('snapshot-list', 'tiny', '--name', ...filter)).split('\n').filter(Boolean).join(' ');

  beforeAll(async () => {
    guest = await BareGuest.start({
      program: await find(),
      // Relative to QEMU's own folder, as people start it by hand.
      args: ['-qmp', 'unix:second.qmp,server=on,wait=off'],
      inFolder: true,
    });
    // What makes the state folder, and is in nobody's way.
    await okOn(second(), ...create('d1', '--disk-only'));
  }, 180_000);

  afterAll(async () => guest?.dispose());

  test('is one domain with one state, whichever monitor it is reached by', async () => {
    for (const uri of [first(), second(), `qmp://${guest.folder}/`]) {
      const { answers, stderr } = await session(uri, [
        'domid tiny',
        'snapshot-list tiny --name',
        'list --name',
      ]);
      expect({ uri, stderr, answers }).toEqual({
        uri,
        stderr: '',
        answers: {
          'domid tiny': String(guest.pid),
          'snapshot-list tiny --name': 'd1',
          'list --name': 'tiny',
        },
      });
    }
    expect(stateFolders()).toEqual([expect.stringMatching(/^monitor-/)]);
  }, 60_000);

  test('while one takes a snapshot others are told so at once, on its monitor and on the other', async () => {
    let record: JournalRecord | undefined;
    const memory = join(guest.folder, 'm1.mem');
    const taking = runProgram(first(), create('m1', '--memspec', memory), {
      env: env(),
      started: async (child) => {
        // Whoever receives the memory is halted: the snapshot stays where it is for as long as we look at it.
        while (!record && child.exitCode === null) {
          const found = await journal();
          if (found?.memory?.sink) record = found;
          await delay(1);
        }
        if (record?.memory?.sink) process.kill(record.memory.sink.pid, 'SIGSTOP');
      },
    });
    try {
      while (!record || (await journal())?.step !== 'switching') {
        if (record && !(await journal())) throw new Error('the snapshot ended before it could be halted');
        await delay(5);
      }
      const busy = `error: snapctl (pid ${record?.controller.pid}) is busy with snapshot 'm1' of domain 'tiny'\n`;
      const { answers, stderr } = await session(first(), [
        'domstate tiny --reason',
        'list',
        'dominfo tiny',
        'snapshot-list tiny --name',
        'snapshot-current tiny --name',
        'snapshot-dumpxml tiny d1',
        'snapshot-info tiny d1',
        // What only QEMU knows, and what would change it.
        'domblklist tiny',
        'suspend tiny',
        'snapshot-create-as tiny other --disk-only',
      ]);
      expect(answers).toEqual({
        'domstate tiny --reason': 'paused (creating snapshot)',
        list: expect.stringMatching(/ tiny +paused \(creating snapshot\)$/),
        'dominfo tiny': expect.stringMatching(
          /^State: +paused\nCPU\(s\): +1\n(CPU time: .*\n)?Max memory: +262144 KiB\nUsed memory: +262144 KiB$/m,
        ),
        'snapshot-list tiny --name': 'd1',
        'snapshot-current tiny --name': 'd1',
        'snapshot-dumpxml tiny d1': expect.stringMatching(/^<domainsnapshot>\n/),
        'snapshot-info tiny d1': expect.stringMatching(/^Location: +external$/m),
        'domblklist tiny': '',
        'suspend tiny': '',
        'snapshot-create-as tiny other --disk-only': '',
      });
      const xml = 'error: Failed to get domain description xml\n';
      const suspend = "error: Failed to suspend domain 'tiny'\n";
      expect(stderr).toBe(`${xml}${busy}${suspend}${busy}${busy}`);
      const other = await on(second(), 'suspend', 'tiny');
      expect(other).toMatchObject({ code: 1, stderr: `${suspend}${busy}` });
    } finally {
      if (record?.memory?.sink) process.kill(record.memory.sink.pid, 'SIGCONT');
      expect(await taking).toMatchObject({ code: 0, stderr: '' });
    }
    expect(await ok('domstate', 'tiny')).toBe('running');
    expect(stateFolders()).toHaveLength(1);
  }, 180_000);

  test('what was cut off on one monitor is refused, and mended, on the other', async () => {
    let record: JournalRecord | undefined;
    await runProgram(first(), create('cut'), {
      env: env(),
      started: async (child) => {
        while (!record && child.exitCode === null) {
          record = await journal();
          await delay(1);
        }
        if (record?.guardian) process.kill(record.guardian.pid, 'SIGKILL');
        child.kill('SIGKILL');
      },
    });
    expect((await on(second(), 'suspend', 'tiny')).stderr).toContain(
      "was cut off: run 'snapctl recover tiny' first",
    );
    expect((await on(second(), 'recover', 'tiny')).code).toBe(0);
    expect(await okOn(second(), 'domstate', 'tiny')).toBe('running');
    for (const name of (await names()).split(' ').filter((each) => each === 'cut')) {
      await ok('snapshot-delete', 'tiny', name);
    }
  }, 120_000);

  test('its file systems are frozen for a snapshot inside the images, too', async () => {
    const frozen = create('q1', '--disk-only', '--quiesce', '--diskspec', 'vda,snapshot=internal');
    // An agent that talks to somebody else doesn't hear us.
    const other = connect(guest.agent);
    await once(other, 'connect');
    expect((await on(first(), ...frozen)).stderr).toMatch(/^error: Guest agent is not responding: /);
    other.destroy();
    await once(other, 'close');
    expect(await ok(...frozen)).toBe('Domain snapshot q1 created');
    expect(await ok('domfsthaw', 'tiny')).toBe('Thawed 0 filesystem(s)');
    await ok('snapshot-delete', 'tiny', 'q1');
  }, 120_000);

  test('its snapshots are told apart by every filter', async () => {
    await ok(...create('i1'));
    await ok(...create('i2'));
    await ok('snapshot-delete', 'tiny', 'i2', '--metadata');
    // d1 <- m1 <- i1; i2 is known to the image only, and has no parent.
    const filters = {
      '--roots': 'd1 i2',
      '--leaves': 'i1 i2',
      '--no-leaves': 'd1 m1',
      '--metadata': 'd1 i1 m1',
      '--no-metadata': 'i2',
      '--inactive': '',
      '--active': 'i1 i2 m1',
      '--disk-only': 'd1',
      '--internal': 'i1 i2',
      '--external': 'd1 m1',
      '--active --external': 'm1',
      '--disk-only --inactive': 'd1',
      '--from d1': 'm1',
      '--from d1 --descendants': 'i1 m1',
      '--current --leaves': '',
      '--topological': 'd1 m1 i1 i2',
    };
    const command = 'snapshot-list tiny --name ';
    const { answers, stderr } = await session(
      second(),
      Object.keys(filters).map((filter) => `${command}${filter}`),
    );
    expect(stderr).toBe('');
    const found = Object.fromEntries(
      Object.entries(answers).map(([line, said]) => [
        line.replace(command, ''),
        said.split('\n').filter(Boolean).join(' '),
      ]),
    );
    expect(found).toEqual(filters);
    expect(await ok('list', '--name', '--with-snapshot')).toBe('tiny');
    expect(await ok('list', '--name', '--without-snapshot')).toBe('');
    const tree = (await ok('snapshot-list', 'tiny', '--tree')).split('\n').map((line) => line.trimEnd());
    expect(tree).toEqual(['d1', '  |', '  +- m1', '      |', '      +- i1', '', 'i2']);
    await ok('snapshot-delete', 'tiny', 'i2');
  }, 120_000);

  test('its snapshots’ records are edited', async () => {
    const edit = (script: string, ...words: string[]): Promise<ProgramResult> =>
      runProgram(first(), ['snapshot-edit', 'tiny', ...words], {
        env: env({ EDITOR: `sed -i ${script}`, TMPDIR: guest.folder }),
      });
    expect(await edit("'s,^  <name>m1</name>,&<description>edited</description>,'", 'm1')).toMatchObject({
      code: 0,
      stdout: 'Snapshot m1 edited.\n\n',
    });
    expect(await ok('snapshot-dumpxml', 'tiny', 'm1')).toContain('<description>edited</description>');
    expect((await edit("'s,^  <name>m1</name>,  <name>m2</name>,'", 'm1')).stderr).toContain(
      'Must use --rename or --clone to change m1 to m2',
    );
    expect(await names()).toBe('d1 i1 m1');
    expect((await edit("'s,^  <name>i1</name>,  <name>i3</name>,'", 'i1', '--clone')).stdout).toBe(
      'Snapshot i1 cloned to i3.\n\n',
    );
    expect(await names()).toBe('d1 i1 i3 m1');
    expect((await edit("'s,<state>running,<state>nonsense,'", 'i3')).stderr).toContain(
      "Invalid state 'nonsense' in domain snapshot XML",
    );
    expect((await edit("''", 'd1', '--current')).stdout).toBe('Snapshot d1 edited.\n\n');
    expect(await ok('snapshot-current', 'tiny', '--name')).toBe('d1');
    await ok('snapshot-delete', 'tiny', 'i3', '--metadata');
  }, 120_000);

  test('it is started again by its agent, is reset, and goes down when asked to', async () => {
    const watcher = await QmpClient.connect(join(guest.folder, 'second.qmp'));
    const said = watcher.listen({ events: ['RESET'] });
    const nextReset = async () => (await said.next({ timeout: 120_000 }))?.data;
    let from = guest.serial.end();
    expect(await ok('reboot', 'tiny')).toBe("Domain 'tiny' is being rebooted");
    await guest.serial.waitFor(/^going down for reboot/, { from, timeout: 120_000 });
    expect(await nextReset()).toEqual({ guest: true, reason: 'guest-reset' });
    from = guest.serial.end();
    expect(await ok('reset', 'tiny')).toBe("Domain 'tiny' was reset");
    // The kernel resets the machine in more than one way, and each may be told.
    let last = await nextReset();
    while (last?.reason === 'guest-reset') last = await nextReset();
    expect(last).toEqual({ guest: false, reason: 'host-qmp-system-reset' });
    await watcher.disconnect();
    await guest.serial.waitFor(/^ready agent/, { from, timeout: 300_000 });
    from = guest.serial.end();
    expect(await ok('shutdown', 'tiny', '--mode', 'agent')).toBe("Domain 'tiny' is being shutdown");
    await guest.serial.waitFor(/^going down for poweroff/, { from, timeout: 120_000 });
    await guest.exited();
  }, 600_000);
});
