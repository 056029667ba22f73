import { mkdirSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import {
  CommandFailure,
  ConnectError,
  call,
  DisconnectedError,
  ListenerOverflow,
  ProtocolError,
  QmpClient,
  TimeoutError,
} from '../../../src/qmp/index.js';
import { type FakeConnection, FakeMonitor, type ReceivedCommand } from './fake-monitor.js';

const monitors: FakeMonitor[] = [];
const clients: QmpClient[] = [];

async function monitor(
  onCommand?: (command: ReceivedCommand, connection: FakeConnection) => void,
  name?: string,
) {
  const made = await new FakeMonitor(onCommand, name).listen();
  monitors.push(made);
  return made;
}

async function connect(path: string, options = {}) {
  const client = await QmpClient.connect(path, options);
  clients.push(client);
  return client;
}

/** What a promise is rejected with. */
const rejection = (promise: Promise<unknown>) =>
  promise.then(
    (value) => {
      throw new Error(`resolved with ${JSON.stringify(value)}`);
    },
    (error) => error,
  );

afterEach(async () => {
  for (const client of clients.splice(0)) await client.disconnect();
  for (const each of monitors.splice(0)) await each.close();
});

describe('connecting', () => {
  test('goes through its states, and switches on out-of-band commands where they are offered', async () => {
    const server = await monitor();
    const client = new QmpClient(server.path);
    const states: string[] = [];
    client.onStateChange((state) => states.push(state));
    expect(client.state).toBe('idle');
    await client.connect();
    expect(client.greeting?.version.qemu).toEqual({ major: 7, minor: 2, micro: 22 });
    expect(client.oob).toBe(true);
    expect(server.last.received).toEqual([
      { execute: 'qmp_capabilities', arguments: { enable: ['oob'] }, id: 1 },
    ]);
    await client.disconnect();
    expect(states).toEqual(['connecting', 'running', 'disconnecting', 'idle']);
    expect(await client.closed).toBeUndefined();
    await client.connect({ oob: false });
    expect(client.oob).toBe(false);
    await client.disconnect();
  });

  test('says what is wrong with the path', async () => {
    const server = await monitor();
    const missing = await rejection(QmpClient.connect(join(server.folder, 'none')));
    expect(missing).toBeInstanceOf(ConnectError);
    expect(missing.reason).toBe('missing');
    expect(missing.message).toBe(`cannot connect to ${server.folder}/none: there is no such socket`);
    await server.close();
    monitors.pop();
  });

  test('a monitor that another client holds costs the deadline, and is called busy', async () => {
    const server = await monitor();
    server.greets = false;
    const started = performance.now();
    const error = await rejection(QmpClient.connect(server.path, { timeout: 60 }));
    expect(performance.now() - started).toBeLessThan(1000);
    expect(error).toBeInstanceOf(ConnectError);
    expect(error.reason).toBe('busy');
    expect(error.message).toContain('another client holds this monitor');
  });

  test('an abort ends it with the reason given', async () => {
    const server = await monitor();
    server.greets = false;
    const abort = new AbortController();
    const client = new QmpClient(server.path);
    const error = rejection(client.connect({ signal: abort.signal }));
    const reason = new Error('enough');
    setTimeout(() => abort.abort(reason), 20);
    expect(await error).toBe(reason);
    expect(client.state).toBe('idle');
    expect(await rejection(client.connect({ signal: abort.signal }))).toBe(reason);
  });

  test('disconnect() ends it', async () => {
    const server = await monitor();
    server.greets = false;
    const client = new QmpClient(server.path);
    const error = rejection(client.connect());
    await client.disconnect();
    expect(await error).toBeInstanceOf(DisconnectedError);
    expect(client.state).toBe('idle');
  });

  test('a server that hangs up before its greeting is no monitor', async () => {
    const server = await monitor();
    server.greets = false;
    const error = rejection(QmpClient.connect(server.path));
    while (server.connections.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    server.last.socket.destroy();
    expect((await error).reason).toBe('closed');
  });

  test('paths longer than a socket address work', async () => {
    const server = await monitor();
    const folder = join(server.folder, 'x'.repeat(150));
    mkdirSync(folder);
    symlinkSync(server.path, join(folder, 'monitor'));
    const client = await connect(join(folder, 'monitor'));
    expect(client.state).toBe('running');
    const error = await rejection(QmpClient.connect(join(server.folder, 'y'.repeat(150), 'monitor')));
    expect(error.reason).toBe('missing');
  });

  test('a greeting that is none is a protocol error', async () => {
    const server = createServer((socket) => socket.write('SSH-2.0-OpenSSH_9.2\r\n'));
    const scratch = await monitor();
    const path = join(scratch.folder, 'ssh');
    await new Promise<void>((resolve) => server.listen(path, resolve));
    const error = await rejection(QmpClient.connect(path));
    expect(error).toBeInstanceOf(ProtocolError);
    expect(error.message).toBe('what the monitor sent is not JSON: "SSH-2.0-OpenSSH_9.2\\r"');
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('commands', () => {
  test('get the answer of their id, in whatever order answers come', async () => {
    const held: ReceivedCommand[] = [];
    const server = await monitor((command, connection) => {
      held.push(command);
      if (held.length === 3) for (const each of held.reverse()) connection.reply(each.id, each.execute);
    });
    const client = await connect(server.path);
    const answers = [client.execute('one'), client.execute('two'), client.execute('three')];
    expect(await Promise.all(answers)).toEqual(['one', 'two', 'three']);
  });

  test('fail with the class, the words and the command', async () => {
    const server = await monitor(({ id }, connection) =>
      connection.send({ error: { class: 'DeviceNotFound', desc: "Device 'vda' not found" }, id }),
    );
    const client = await connect(server.path);
    const error = await rejection(client.execute('blockdev-del', { 'node-name': 'vda' }));
    expect(error).toBeInstanceOf(CommandFailure);
    expect(error).toMatchObject({
      command: 'blockdev-del',
      errorClass: 'DeviceNotFound',
      description: "Device 'vda' not found",
      message: "blockdev-del: Device 'vda' not found",
    });
    expect(client.state).toBe('running');
  });

  test('end at their deadline, and the late answer does no harm', async () => {
    const server = await monitor((command, connection) => {
      if (command.execute === 'query-name') connection.reply(command.id, { name: 'tiny' });
    });
    const client = await connect(server.path);
    const error = await rejection(client.execute('stop', undefined, { timeout: 30 }));
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({ command: 'stop', milliseconds: 30 });
    server.last.reply(server.last.received.find(({ execute }) => execute === 'stop')?.id);
    expect(await client.execute('query-name')).toEqual({ name: 'tiny' });
  });

  test('end with the reason of their signal; aborted before, they are not sent', async () => {
    const server = await monitor();
    const client = await connect(server.path);
    const abort = new AbortController();
    const error = rejection(client.execute('query-name', undefined, { signal: abort.signal }));
    abort.abort(new Error('no more'));
    expect((await error).message).toBe('no more');
    await rejection(client.execute('system_reset', undefined, { signal: abort.signal }));
    await rejection(client.execute('query-uuid', undefined, { timeout: 20 }));
    expect(server.last.received.map(({ execute }) => execute)).toEqual([
      'qmp_capabilities',
      'query-name',
      'query-uuid',
    ]);
  });

  test('all fail when the connection goes, each saying which it was', async () => {
    const server = await monitor();
    const client = await connect(server.path);
    const errors = [rejection(client.execute('stop')), rejection(client.execute('cont'))];
    await new Promise((resolve) => setTimeout(resolve, 10));
    server.last.socket.destroy();
    for (const [index, command] of ['stop', 'cont'].entries()) {
      const error = await errors[index];
      expect(error).toBeInstanceOf(DisconnectedError);
      expect(error.command).toBe(command);
      expect(error.message).toContain(`${command} was not answered`);
    }
    expect(await client.closed).toBeInstanceOf(DisconnectedError);
    expect(client.state).toBe('idle');
    expect(await rejection(client.execute('stop'))).toBeInstanceOf(DisconnectedError);
  });

  test('those sent together leave in one write, run in order, and each has its outcome', async () => {
    const server = await monitor(({ id, execute }, connection) => {
      if (execute === 'transaction') connection.send({ error: { class: 'GenericError', desc: 'No' }, id });
      else connection.reply(id);
    });
    const client = await connect(server.path);
    const before = server.last.reads.length;
    const outcomes = await client.executeTogether([
      call('stop'),
      call('transaction', { actions: [{ type: 'blockdev-snapshot', data: { node: 'a', overlay: 'b' } }] }),
      call('migrate', { uri: 'unix:/x' }),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect((outcomes[1] as PromiseRejectedResult).reason).toBeInstanceOf(CommandFailure);
    expect(server.last.reads.length - before).toBe(1);
    expect(server.last.received.slice(1).map(({ execute }) => execute)).toEqual([
      'stop',
      'transaction',
      'migrate',
    ]);
  });

  test('go out of band only where that is switched on', async () => {
    const server = await monitor(({ id }, connection) => connection.reply(id));
    const client = await connect(server.path);
    await client.execute('migrate-pause', {}, { oob: true });
    expect(server.last.received.at(-1)).toMatchObject({ 'exec-oob': 'migrate-pause' });
    const plain = await connect(server.path, { oob: false });
    expect((await rejection(plain.execute('migrate-pause', {}, { oob: true }))).message).toContain(
      'out-of-band',
    );
  });

  test('the answer as text keeps digits that a double has no room for', async () => {
    const server = await monitor(({ id }, { socket }) => {
      socket.write(`{"return": {"address": 18446744073709551615}, "id": ${id}}\n`);
    });
    const client = await connect(server.path);
    expect(await client.executeForText('qom-get', { path: '/', property: 'x' })).toContain(
      '18446744073709551615',
    );
  });

  test('the answer to what another client has asked before is passed over', async () => {
    const server = await monitor(({ id }, connection) => connection.reply(id, { running: true }));
    // Answers are written in the order of the commands: this one comes before the first of ours.
    server.beforeFirstReply = '{"return": {}, "id": 17}\r\n';
    const client = await connect(server.path);
    expect(await client.execute('query-status')).toEqual({ running: true });
  });

  test('a monitor that hangs is not given commands without end', async () => {
    const server = await monitor();
    const client = await connect(server.path);
    const given = Array.from({ length: 1000 }, () => rejection(client.execute('query-status')));
    expect((await rejection(client.execute('query-status'))).message).toContain(
      'has not answered 1000 commands',
    );
    await client.disconnect();
    expect(await Promise.all(given)).toHaveLength(1000);
  });
});

describe('events', () => {
  const event = (name: string, data?: unknown, microseconds = 654321) => ({
    event: name,
    ...(data === undefined ? {} : { data }),
    timestamp: { seconds: 1_700_000_000, microseconds },
  });

  test('come to those who listen, filtered, with their time in microseconds', async () => {
    const server = await monitor(({ id }, connection) => {
      connection.send(
        event('STOP'),
        event('JOB_STATUS_CHANGE', { id: 'b', status: 'ready' }),
        event('RESUME'),
      );
      connection.send(event('JOB_STATUS_CHANGE', { id: 'a', status: 'ready' }));
      connection.reply(id);
    });
    const client = await connect(server.path);
    const jobs = client.listen({ events: ['JOB_STATUS_CHANGE'], match: ({ data }) => data.id === 'a' });
    const pause = client.listen({ events: ['STOP', 'RESUME'] });
    await client.execute('stop');
    expect(await jobs.next()).toMatchObject({ data: { id: 'a', status: 'ready' } });
    const names: string[] = [];
    for await (const each of pause) {
      names.push(each.event);
      expect(each.timestamp).toBe(1_700_000_000_654_321);
      if (names.length === 2) break;
    }
    expect(names).toEqual(['STOP', 'RESUME']);
    expect(await pause.next()).toBeUndefined();
  });

  test('once() is open before the command, has a deadline, and leaves nothing behind', async () => {
    const server = await monitor(({ id }, connection) => {
      connection.send(event('RESUME'));
      connection.reply(id);
    });
    const client = await connect(server.path);
    const resumed = client.once('RESUME');
    await client.execute('cont');
    expect((await resumed).event).toBe('RESUME');
    const late = await rejection(client.once(['STOP', 'SHUTDOWN'], { timeout: 20 }));
    expect(late).toBeInstanceOf(TimeoutError);
    expect(late.message).toBe('event STOP or SHUTDOWN did not come within 20 ms');
  });

  test('waits end when the connection does, after what had come is read', async () => {
    const server = await monitor();
    const client = await connect(server.path);
    const listener = client.listen();
    const once = rejection(client.once('STOP'));
    server.last.send(event('RESET', { guest: true, reason: 'guest-reset' }));
    server.last.socket.end();
    expect(await once).toBeInstanceOf(DisconnectedError);
    expect((await listener.next())?.event).toBe('RESET');
    expect(await rejection(listener.next())).toBeInstanceOf(DisconnectedError);
  });

  test('nobody reads: the listener ends instead of growing', async () => {
    const server = await monitor(({ id }, connection) => {
      for (let index = 0; index < 20; index += 1) connection.send(event('STOP'));
      connection.reply(id);
    });
    const client = await connect(server.path);
    const listener = client.listen({ limit: 5 });
    await client.execute('query-status');
    for (let index = 0; index < 5; index += 1) expect((await listener.next())?.event).toBe('STOP');
    expect(await rejection(listener.next())).toBeInstanceOf(ListenerOverflow);
  });

  test('a filter that throws ends its own listener only', async () => {
    const server = await monitor(({ id }, connection) => {
      connection.send(event('STOP'));
      connection.reply(id);
    });
    const client = await connect(server.path);
    const broken = client.listen({
      match: () => {
        throw new Error('filter');
      },
    });
    const sound = client.listen();
    await client.execute('stop');
    expect((await rejection(broken.next())).message).toBe('filter');
    expect((await sound.next())?.event).toBe('STOP');
    expect(client.state).toBe('running');
  });

  test('a clock that QEMU could not read is no time', async () => {
    const server = await monitor();
    const client = await connect(server.path);
    const stopped = client.once('STOP');
    server.last.send({ event: 'STOP', timestamp: { seconds: -1, microseconds: -1 } });
    expect((await stopped).timestamp).toBeNull();
  });
});
