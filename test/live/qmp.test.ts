import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  CommandFailure,
  ConnectError,
  call,
  dismissConcluded,
  findJob,
  JobFailure,
  passDescriptor,
  QmpClient,
  queryBlockGraph,
  runJob,
} from '../../src/qmp/index.js';
import { BareGuest, type QemuProgram, qemuPrograms } from '../support/qemu.js';

const rejection = (promise: Promise<unknown>) =>
  promise.then(
    (value) => {
      throw new Error(`resolved with ${JSON.stringify(value)}`);
    },
    (error) => error,
  );

describe.each(qemuPrograms)('the QMP client on %s', (_name, find) => {
  let program: QemuProgram;
  let guest: BareGuest;
  let client: QmpClient;

  beforeAll(async () => {
    program = await find();
    guest = await BareGuest.start({ program, disks: 2 });
    client = await QmpClient.connect(guest.monitor);
  }, 240_000);

  afterAll(async () => {
    await client?.disconnect();
    await guest?.dispose();
  });

  test('greets with its version, and answers queries', async () => {
    const { major, minor, micro } = client.greeting?.version.qemu ?? {};
    expect(`${major}.${minor}.${micro}`).toBe(program.version);
    expect(client.oob).toBe(true);
    expect(await client.execute('query-name')).toEqual({ name: 'tiny' });
    expect(await client.execute('query-status')).toMatchObject({ status: 'running', running: true });
    expect(await client.execute('qom-get', { path: '/machine', property: 'type' })).toMatch(
      /^pc-q35-\d+\.\d+-machine$/,
    );
    expect((await client.execute('query-commands')).map(({ name }) => name)).toContain('snapshot-save');
  });

  test('refuses in its own words', async () => {
    const error = await rejection(client.execute('blockdev-del', { 'node-name': 'none' }));
    expect(error).toBeInstanceOf(CommandFailure);
    expect(error).toMatchObject({ command: 'blockdev-del', errorClass: 'GenericError' });
    expect((await rejection(client.execute('no-such-command'))).errorClass).toBe('CommandNotFound');
  });

  test('runs a command out of band', async () => {
    expect(await client.execute('yank', { instances: [] }, { oob: true })).toEqual({});
    const error = await rejection(client.execute('query-status', undefined, { oob: true }));
    expect(error).toBeInstanceOf(CommandFailure);
    expect(error.description).toContain('OOB');
  });

  test('a second client gets no greeting, and is told why', async () => {
    const error = await rejection(QmpClient.connect(guest.monitor, { timeout: 300 }));
    expect(error).toBeInstanceOf(ConnectError);
    expect(error.reason).toBe('busy');
  });

  test('an event that a command causes is heard, with the time of the host', async () => {
    const events = client.listen({ events: ['STOP', 'RESUME'] });
    await client.execute('stop');
    await client.execute('cont');
    const [stop, resume] = [await events.next({ timeout: 5000 }), await events.next({ timeout: 5000 })];
    events.close();
    expect([stop?.event, resume?.event]).toEqual(['STOP', 'RESUME']);
    expect(stop?.timestamp).toBeLessThanOrEqual(resume?.timestamp ?? 0);
    expect(Math.abs((resume?.timestamp ?? 0) / 1000 - Date.now())).toBeLessThan(60_000);
  });

  test('a long answer comes whole', async () => {
    const text = await client.executeForText('query-qmp-schema');
    expect(text.length).toBeGreaterThan(100_000);
    expect(JSON.parse(text).return.length).toBeGreaterThan(500);
  });

  test('the block graph tells devices, chains and users', async () => {
    const graph = await queryBlockGraph(client);
    expect(graph.findDevice('vda')?.inserted?.['node-name']).toBe('disk0');
    expect(graph.findDevice('disk1')?.qdev).toContain('vdb');
    expect(graph.findDevice('none')).toBeUndefined();
    expect(graph.nodes.get('disk0-file')?.drv).toBe('file');
    expect(graph.childOf('disk0', 'file')).toBe('disk0-file');
    expect(graph.usersOf('disk0')).toMatchObject([{ kind: 'device', role: 'root' }]);
    expect(graph.usersOf('disk0-file')).toEqual([{ kind: 'node', name: 'disk0', role: 'file' }]);
  });

  test('stop, overlays and cont in one write; a commit job merges them again', async () => {
    for (const index of [0, 1]) {
      const overlay = join(guest.folder, `overlay${index}.qcow2`);
      guest.createImage('-f', 'qcow2', '-F', 'qcow2', '-b', guest.disks[index] as string, overlay);
      await client.execute('blockdev-add', {
        driver: 'qcow2',
        'node-name': `overlay${index}`,
        file: { driver: 'file', 'node-name': `overlay${index}-file`, filename: overlay },
        backing: null,
      });
    }
    const events = client.listen({ events: ['STOP', 'RESUME'] });
    const outcomes = await client.executeTogether([
      call('stop'),
      call('transaction', {
        actions: [0, 1].map((index) => ({
          type: 'blockdev-snapshot' as const,
          data: { node: `disk${index}`, overlay: `overlay${index}` },
        })),
      }),
      call('cont'),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
    const pause = ((await events.next())?.timestamp ?? 0) - ((await events.next())?.timestamp ?? 0);
    expect(Math.abs(pause)).toBeLessThan(1_000_000);
    events.close();
    const graph = await queryBlockGraph(client);
    expect(graph.chainOf('overlay0')).toEqual(['overlay0', 'disk0']);
    expect(graph.findDevice('vdb')?.inserted?.['node-name']).toBe('overlay1');

    for (const index of [0, 1]) {
      const statuses: string[] = [];
      await runJob(
        client,
        `commit${index}`,
        () =>
          client.execute('block-commit', {
            'job-id': `commit${index}`,
            device: `overlay${index}`,
            'base-node': `disk${index}`,
            'auto-dismiss': false,
          }),
        { whenReady: 'complete', timeout: 60_000, onStatus: (status) => statuses.push(status) },
      );
      expect(statuses).toContain('ready');
      await client.execute('blockdev-del', { 'node-name': `overlay${index}` });
    }
    expect(await client.execute('query-jobs')).toEqual([]);
    expect((await queryBlockGraph(client)).findDevice('vda')?.inserted?.['node-name']).toBe('disk0');
    await guest.nextCounter();
    expect(guest.serial.text()).not.toMatch(/^mismatch/m);
  }, 120_000);

  test('a job gives its error, leaves nothing, and a leftover of its id is dismissed first', async () => {
    const load = (id: string) =>
      client.execute('snapshot-delete', { 'job-id': id, tag: 'none', devices: ['overlay-that-is-not'] });
    const error = await rejection(runJob(client, 'gone', () => load('gone'), { timeout: 20_000 }));
    expect(error).toBeInstanceOf(JobFailure);
    expect(error.description).toContain('overlay-that-is-not');
    expect(await findJob(client, 'gone')).toBeUndefined();

    await load('left');
    while ((await findJob(client, 'left'))?.status !== 'concluded')
      await new Promise((r) => setTimeout(r, 5));
    expect(await rejection(runJob(client, 'left', () => load('left')))).toBeInstanceOf(JobFailure);
    await load('swept');
    while ((await findJob(client, 'swept'))?.status !== 'concluded')
      await new Promise((r) => setTimeout(r, 5));
    expect(await dismissConcluded(client, (id) => id.startsWith('sw'))).toEqual(['swept']);
    expect(await client.execute('query-jobs')).toEqual([]);
  });

  test('saves, lists and deletes an internal snapshot; the pause is told by events', async () => {
    const events = client.listen({ events: ['STOP', 'RESUME'] });
    const devices = ['disk0', 'disk1'];
    await runJob(client, 'save', () =>
      client.execute('snapshot-save', { 'job-id': 'save', tag: 'one', vmstate: 'disk0', devices }),
    );
    expect((await events.next({ timeout: 5000 }))?.event).toBe('STOP');
    expect((await events.next({ timeout: 5000 }))?.event).toBe('RESUME');
    events.close();
    const [snapshot] = (await queryBlockGraph(client)).nodes.get('disk0')?.image.snapshots ?? [];
    expect(snapshot?.name).toBe('one');
    expect(snapshot?.['vm-state-size']).toBeGreaterThan(10_000_000);
    await runJob(client, 'delete', () =>
      client.execute('snapshot-delete', { 'job-id': 'delete', tag: 'one', devices }),
    );
    expect((await queryBlockGraph(client)).nodes.get('disk0')?.image.snapshots ?? []).toEqual([]);
  }, 120_000);

  test('a job whose deadline passes is cancelled and dismissed', async () => {
    const target = join(guest.folder, 'copy.qcow2');
    guest.createImage('-f', 'qcow2', target, '64M');
    await client.execute('blockdev-add', {
      driver: 'qcow2',
      'node-name': 'copy',
      file: { driver: 'file', filename: target },
    });
    const error = await rejection(
      runJob(
        client,
        'mirror',
        () =>
          client.execute('blockdev-mirror', {
            'job-id': 'mirror',
            device: 'disk0',
            target: 'copy',
            sync: 'full',
            'auto-dismiss': false,
          }),
        { timeout: 1500 },
      ),
    );
    expect(error.message).toBe('job mirror did not end within 1500 ms');
    expect(await client.execute('query-jobs')).toEqual([]);
    await client.execute('blockdev-del', { 'node-name': 'copy' });
  }, 60_000);

  test('a descriptor of ours becomes a name there, and gets the memory', async () => {
    const target = join(guest.folder, 'memory');
    const descriptor = openSync(target, 'w', 0o600);
    try {
      await passDescriptor(client, 'memory', descriptor);
    } finally {
      closeSync(descriptor);
    }
    await client.execute('migrate-set-capabilities', {
      capabilities: [{ capability: 'events', state: true }],
    });
    await client.execute('migrate-set-parameters', { 'max-bandwidth': 1e13 });
    const ended = client.once('MIGRATION', {
      match: ({ data }) => ['completed', 'failed'].includes(data.status),
      timeout: 60_000,
    });
    await client.execute('migrate', { uri: 'fd:memory' });
    expect((await ended).data.status).toBe('completed');
    // QEMU 10 says "completed" a moment before it has left finish-migrate.
    while ((await client.execute('query-status')).status === 'finish-migrate') {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(await client.execute('query-status')).toMatchObject({ status: 'postmigrate' });
    await client.execute('cont');
    expect(statSync(target).size).toBeGreaterThan(10_000_000);
    // The migration stream's own magic.
    expect(readFileSync(target).subarray(0, 4).toString('latin1')).toBe('QEVM');
    const kept = openSync(target, 'r');
    await passDescriptor(client, 'again', kept);
    closeSync(kept);
    await client.execute('closefd', { fdname: 'again' });
    expect((await rejection(client.execute('closefd', { fdname: 'again' }))).description).toContain('again');
    await guest.nextCounter();
  }, 120_000);

  test('a memory dump goes on in the background and says its end', async () => {
    const { formats } = await client.execute('query-dump-guest-memory-capability');
    expect(formats).toContain('elf');
    const completed = client.once('DUMP_COMPLETED', { timeout: 60_000 });
    const protocol = `file:${join(guest.folder, 'dump')}`;
    await client.execute('dump-guest-memory', { paging: false, protocol, detach: true });
    const { data } = await completed;
    expect(data.error).toBeUndefined();
    expect(data.result.completed).toBe(data.result.total);
  }, 120_000);

  test('the client that waits in line gets the greeting when the first has gone', async () => {
    const waiting = QmpClient.connect(guest.monitor, { timeout: 10_000 });
    await new Promise((resolve) => setTimeout(resolve, 200));
    await client.disconnect();
    client = await waiting;
    expect(client.state).toBe('running');
  });

  test('a server in the place of the monitor that is mute is not waited for', async () => {
    const path = join(guest.folder, 'mute');
    const server = createServer(() => {});
    await new Promise<void>((resolve) => server.listen(path, resolve));
    expect((await rejection(QmpClient.connect(path, { timeout: 100 }))).reason).toBe('busy');
    server.close();
  });

  test('when QEMU ends, whoever waits hears of it', async () => {
    const waiting = rejection(client.once('RESUME', { timeout: 30_000 }));
    const shutdown = client.once('SHUTDOWN', { timeout: 30_000 });
    await client.execute('quit');
    expect((await shutdown).data).toMatchObject({ guest: false, reason: 'host-qmp-quit' });
    expect((await waiting).name).toBe('DisconnectedError');
    expect(client.state).toBe('idle');
    const error = await rejection(client.connect({ timeout: 2000 }));
    expect(['missing', 'refused', 'closed']).toContain(error.reason);
  });
});
