import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Journal, type JournalRecord } from '../../src/snapshot/journal.js';
import { runProgram } from '../support/program.js';
import { BareGuest } from '../support/qemu.js';

/** A folder as there are many: guests in it, and much else. */
let folder: string;
let guests: BareGuest[];
let taken: Socket;
const servers: Server[] = [];
const env = (): Record<string, string> => ({ SNAPCTL_STATE_DIR: join(folder, 'state') });
const run = (...words: string[]) => runProgram(`qmp://${folder}/`, words, { env: env() });

async function listen(name: string, serve: (socket: Socket) => void): Promise<void> {
  const server = createServer(serve).listen(join(folder, name));
  await once(server, 'listening');
  servers.push(server);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'snapctl-folder-'));
  const monitor = (name: string): string[] => ['-qmp', `unix:${join(folder, name)},server=on,wait=off`];
  guests = [
    await BareGuest.start({
      memory: 64,
      unready: true,
      args: ['-S', ...monitor('one.qmp'), ...monitor('taken.qmp')],
    }),
    await BareGuest.start({
      memory: 64,
      unready: true,
      args: [
        '-S',
        '-name',
        'two words',
        '-uuid',
        '11111111-2222-3333-4444-555555555555',
        ...monitor('two.qmp'),
      ],
    }),
  ];
  taken = connect(join(folder, 'taken.qmp'));
  await once(taken, 'data');
  await listen('mute.sock', () => undefined);
  await listen('nonsense.sock', (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  // The file stays behind when a process is killed.
  await listen('gone.sock', () => undefined);
  writeFileSync(join(folder, 'file.sock'), '');
  mkdirSync(join(folder, 'folder.sock'));
}, 120_000);

afterAll(async () => {
  taken?.destroy();
  for (const server of servers) server.close();
  for (const guest of guests ?? []) await guest.dispose();
  rmSync(folder, { recursive: true, force: true });
});

test('a folder’s guests are listed, whatever else is in it, and quickly', async () => {
  const { stdout, milliseconds, code } = await run('list');
  expect(code).toBe(0);
  expect(stdout).toMatch(/ \d+ +tiny +paused\n \d+ +two words +paused\n/);
  expect(stdout.trim().split('\n')).toHaveLength(4);
  // What doesn't answer costs its deadline once, not one after the other.
  expect(milliseconds).toBeLessThan(10_000);
});

test('each is found by name, number and uuid, and turned around alone', async () => {
  expect((await run('domstate', 'two words')).stdout.trim()).toBe('paused');
  expect((await run('domname', String(guests[1]?.pid))).stdout.trim()).toBe('two words');
  expect((await run('resume', '11111111-2222-3333-4444-555555555555')).code).toBe(0);
  expect((await run('list', '--state-running', '--name')).stdout.trim()).toBe('two words');
  expect((await run('list', '--state-paused', '--name')).stdout.trim()).toBe('tiny');
  expect((await run('domstate', 'three')).stderr).toBe("error: failed to get domain 'three'\n");
}, 120_000);

test('one that was named says what is the matter with it', async () => {
  const said = async (name: string): Promise<string> =>
    (await runProgram(`qmp://${folder}/${name}`, ['list'], { env: env() })).stderr;
  expect(await said('taken.qmp')).toMatch(
    /^error: failed to connect to the hypervisor\nerror: .*(busy|taken|answer)/,
  );
  expect(await said('nonsense.sock')).toMatch(/^error: failed to connect to the hypervisor\nerror: /);
  expect(await said('missing.sock')).toContain('No such file or directory');

  // Where a revert has taken it away, and nobody is left who would put another in its place.
  const nobody = { pid: 2 ** 22 - 1, startTime: '1' };
  const record: JournalRecord = {
    ...{ version: 1, domain: 'gone', uuid: '00000000-0000-0000-0000-000000000000' },
    ...{ socket: join(folder, 'missing.sock'), agentSocket: null, qemu: null },
    ...{ controller: nobody, guardian: nobody, operation: 'snapshot-revert', snapshot: 's1' },
    ...{ startedAt: new Date().toISOString(), step: 'finishing', method: 'stopped', wasRunning: true },
    ...{ halt: false, frozen: false, overlays: [], memory: null, migration: null, internal: [], jobs: [] },
    snapshotXml: null,
  };
  const journal = await Journal.begin(join(folder, 'state', 'qmp', 'gone'), record);
  expect(await said('missing.sock')).toMatch(
    /^error: failed to connect to the hypervisor\nerror: .*revert to snapshot 's1' of domain 'gone', begun .*, was cut off: run 'snapctl recover gone' first\n$/,
  );
  await journal.end();

  expect((await runProgram('qmp:relative/path', ['list'])).stderr).toContain('expected qmp:///absolute/path');
  expect((await runProgram('qmp://host/path', ['list'])).stderr).toContain('expected qmp:///absolute/path');
}, 120_000);
