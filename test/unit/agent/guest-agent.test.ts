import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import {
  AgentCommandFailure,
  AgentNonsense,
  AgentTimeout,
  AgentUnreachable,
  AlreadyFrozen,
  FreezeUnconfirmed,
  GuestAgent,
  socketPath,
  thawWhenAnswered,
} from '../../../src/agent/index.js';
import { type Answerer, delimited, FakeAgent } from './fake-agent.js';

const fakes: FakeAgent[] = [];
const agents: GuestAgent[] = [];

async function fake(answer?: Answerer): Promise<FakeAgent> {
  const made = await new FakeAgent(answer).listen();
  fakes.push(made);
  return made;
}

async function connect(path: string, options = {}): Promise<GuestAgent> {
  const agent = await GuestAgent.connect(path, options);
  agents.push(agent);
  return agent;
}

/** Answers each command with what is given for it. */
const answering =
  (answers: Record<string, string>): Answerer =>
  ({ execute }, send) =>
    send(answers[execute] ?? '{"error": {"class": "CommandNotFound", "desc": "unknown"}}');

const rejection = (promise: Promise<unknown>) =>
  promise.then(
    (value) => {
      throw new Error(`resolved with ${JSON.stringify(value)}`);
    },
    (error) => error,
  );

afterEach(async () => {
  for (const agent of agents.splice(0)) agent.close();
  for (const each of fakes.splice(0)) await each.close();
});

describe('the agent is in step', () => {
  test('late answers, syntax errors and noise before the delimited answer are dropped', async () => {
    const server = await fake(({ execute }, send) => {
      send('{"return": "late"}', 'noise', '[1, 2]', '', '\u0000', '{"neither": 1}');
      if (execute === 'guest-ping') send('{"return": {}}');
    });
    const agent = await connect(server.path);
    // The first answer is taken for the ping's; what follows must not be taken for the next one's.
    expect(await agent.execute('guest-ping')).toBe('late');
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect(await agent.execute('guest-other')).toBe('late');
  });

  test('an answer without the delimiter or with another id does not count', async () => {
    const server = await fake();
    for (const answer of [
      (id: number) => [`{"return": ${id}}`],
      (id: number) => [delimited(id + 1)],
      (id: number) => [Buffer.concat([delimited(id), Buffer.from(' trailing')])],
    ]) {
      server.answerSync = answer;
      expect(await rejection(GuestAgent.connect(server.path, { timeout: 60 }))).toBeInstanceOf(AgentTimeout);
    }
    server.answerSync = (id) => [delimited(id - 1), `{"return": ${id}}`, delimited(id)];
    await connect(server.path);
  });

  test('a command that timed out is followed by a synchronization, and its late answer is dropped', async () => {
    const server = await fake(answering({ 'guest-get-host-name': '{"return": {"host-name": "tiny"}}' }));
    const agent = await connect(server.path);
    server.hang();
    const error = await rejection(agent.hostName({ timeout: 30 }));
    expect(error).toBeInstanceOf(AgentTimeout);
    expect(error.message).toBe('the guest agent did not answer guest-get-host-name within 30 ms');
    setTimeout(() => server.wake(), 30);
    expect(await agent.hostName()).toBe('tiny');
    expect(server.requests.map(({ execute }) => execute)).toEqual([
      'guest-sync-delimited',
      'guest-get-host-name',
      'guest-sync-delimited',
      'guest-get-host-name',
    ]);
  });

  test('commands given at once are asked one after the other', async () => {
    const server = await fake(({ execute }, send) => setTimeout(() => send(`{"return": "${execute}"}`), 5));
    const agent = await connect(server.path);
    const names = ['a', 'b', 'c', 'd'];
    expect(await Promise.all(names.map((name) => agent.execute(name)))).toEqual(names);
  });

  test('one that waits in line keeps its own deadline, and is not sent after it', async () => {
    const server = await fake();
    const agent = await connect(server.path);
    server.hang();
    const first = rejection(agent.ping({ timeout: 200 }));
    const second = await rejection(agent.hostName({ timeout: 50 }));
    expect(second.message).toBe(
      'the guest agent was busy with something else for 50 ms: no guest-get-host-name',
    );
    await first;
    expect(server.commands).toEqual(['guest-ping']);
  });
});

describe('an agent that is not there', () => {
  test('costs its deadline and no more, and is told of', async () => {
    const server = await fake();
    server.hang();
    const started = performance.now();
    const error = await rejection(GuestAgent.connect(server.path, { timeout: 80 }));
    expect(performance.now() - started).toBeLessThan(1000);
    expect(error).toBeInstanceOf(AgentTimeout);
    expect(error.message).toContain('within 80 ms');
    expect(error.message).toContain('another client has its socket');
  });

  test('has no socket', async () => {
    const server = await fake();
    const error = await rejection(GuestAgent.connect(join(server.folder, 'none')));
    expect(error).toBeInstanceOf(AgentUnreachable);
    expect(error.message).toContain('there is no such socket');
  });

  test('is not given a freeze: it would do it when it comes back', async () => {
    const server = await fake();
    const agent = await connect(server.path);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    server.hang();
    expect(await rejection(agent.freeze(undefined, { timeout: 60 }))).toBeInstanceOf(AgentTimeout);
    expect(server.commands).toEqual([]);
    expect(agent.lateFreeze).toBeUndefined();
  });

  test('goes away in the middle of a command', async () => {
    const server = await fake();
    const agent = await connect(server.path);
    const error = rejection(agent.ping());
    setTimeout(() => server.drop(), 20);
    expect(await error).toBeInstanceOf(AgentUnreachable);
    expect(agent.isOpen).toBe(false);
    expect(await rejection(agent.ping())).toBeInstanceOf(AgentUnreachable);
  });
});

describe('freezing', () => {
  const answers = answering({
    'guest-fsfreeze-freeze': '{"return": 2}',
    'guest-fsfreeze-freeze-list': '{"return": 1}',
    'guest-fsfreeze-thaw': '{"return": 2}',
  });

  test('freezes all or some, and thaws', async () => {
    const server = await fake(answers);
    const agent = await connect(server.path);
    expect(await agent.freeze()).toBe(2);
    expect(await agent.freeze(['/data'])).toBe(1);
    expect(await agent.thaw()).toBe(2);
    expect(server.requests.at(-2)?.arguments).toEqual({ mountpoints: ['/data'] });
    expect(server.commands).toHaveLength(3);
  });

  test('a freeze that comes after its deadline is thawed at once, and nothing comes between', async () => {
    const server = await fake(answers);
    const agent = await connect(server.path);
    server.hang();
    const error = await rejection(agent.freeze(undefined, { timeout: 50 }));
    expect(error).toBeInstanceOf(FreezeUnconfirmed);
    expect(error.lateFreeze).toBe(agent.lateFreeze);
    const other = rejection(agent.ping({ timeout: 50 }));
    await new Promise((resolve) => setTimeout(resolve, 20));
    // The thaw waits at the agent's already.
    expect(server.commands).toEqual(['guest-fsfreeze-freeze', 'guest-fsfreeze-thaw']);
    expect(await other).toBeInstanceOf(AgentTimeout);
    server.wake();
    expect(await error.lateFreeze).toBe(2);
    expect(agent.lateFreeze).toBeUndefined();
    expect(await agent.thaw()).toBe(2);
  });

  test('so is one that was aborted', async () => {
    const server = await fake(answers);
    const agent = await connect(server.path);
    server.hang();
    const abort = new AbortController();
    const freezing = rejection(agent.freeze(undefined, { signal: abort.signal }));
    setTimeout(() => abort.abort(new Error('interrupted')), 20);
    const error = await freezing;
    expect(error).toBeInstanceOf(FreezeUnconfirmed);
    expect(error.cause.message).toBe('interrupted');
    server.wake();
    expect(await error.lateFreeze).toBe(2);
  });

  test('one that was aborted before is not sent', async () => {
    const server = await fake(answers);
    const agent = await connect(server.path);
    await rejection(agent.freeze(undefined, { signal: AbortSignal.abort() }));
    expect(server.commands).toEqual([]);
  });

  test('a connection that goes while it is being caught ends the catching with an error', async () => {
    const server = await fake(answers);
    const agent = await connect(server.path);
    server.hang();
    const error = await rejection(agent.freeze(undefined, { timeout: 30 }));
    server.drop();
    expect(await rejection(error.lateFreeze)).toBeInstanceOf(AgentUnreachable);
  });

  test('a second freeze is told from an agent that may not freeze', async () => {
    let status = 'frozen';
    const server = await fake(({ execute }, send) =>
      send(
        execute === 'guest-fsfreeze-status'
          ? `{"return": "${status}"}`
          : '{"error": {"class": "CommandNotFound", "desc": "Command guest-fsfreeze-freeze has been disabled"}}',
      ),
    );
    const agent = await connect(server.path);
    expect(await rejection(agent.freeze())).toBeInstanceOf(AlreadyFrozen);
    status = 'thawed';
    const error = await rejection(agent.freeze());
    expect(error).toBeInstanceOf(AgentCommandFailure);
    expect(error).toMatchObject({ command: 'guest-fsfreeze-freeze', errorClass: 'CommandNotFound' });
  });

  test('whoever finds a guest frozen waits for its agent and thaws it', async () => {
    const server = await fake(answers);
    server.hang();
    setTimeout(() => server.wake(), 100);
    expect(await thawWhenAnswered(server.path)).toBe(2);
    const missing = thawWhenAnswered(join(server.folder, 'none'), { timeout: 700 });
    expect(await rejection(missing)).toBeInstanceOf(AgentUnreachable);
    const abort = new AbortController();
    const endless = rejection(thawWhenAnswered(join(server.folder, 'none'), { signal: abort.signal }));
    setTimeout(() => abort.abort(new Error('stopped')), 20);
    expect((await endless).message).toBe('stopped');
  });
});

describe('answers', () => {
  test('are given in our terms', async () => {
    const server = await fake(
      answering({
        'guest-get-time': '{"return": 1731234567890123457}',
        'guest-set-time': '{"return": {}}',
        'guest-fstrim': '{"return": {"paths": []}}',
        'guest-fsfreeze-status': '{"return": "thawed"}',
        'guest-info':
          '{"return": {"version": "7.2.0", "supported_commands": [{"name": "guest-ping", "enabled": true, ' +
          '"success-response": true}, {"name": "guest-exec", "enabled": false, "success-response": true}]}}',
        'guest-get-fsinfo':
          '{"return": [{"name": "vda", "mountpoint": "/data", "type": "ext4", "used-bytes": 1, "total-bytes": 2, ' +
          '"disk": [{"dev": "/dev/vda", "bus-type": "virtio", "bus": 0, "unit": 0, "target": 0}]}]}',
      }),
    );
    const agent = await connect(server.path);
    expect(await agent.time()).toBe(1731234567890123457n);
    await agent.setTime(1731234567890123457n);
    expect(server.requests.at(-1)?.text).toBe(
      '{"execute":"guest-set-time","arguments":{"time":1731234567890123457}}',
    );
    await agent.setTime();
    expect(server.requests.at(-1)?.text).toBe('{"execute":"guest-set-time"}');
    await agent.trim(4096);
    expect(await agent.isFrozen()).toBe(false);
    expect(await agent.info()).toEqual({ version: '7.2.0', commands: ['guest-ping'] });
    expect(await agent.fileSystems()).toEqual([
      {
        name: 'vda',
        mountpoint: '/data',
        type: 'ext4',
        usedBytes: 1,
        totalBytes: 2,
        disks: [{ dev: '/dev/vda', busType: 'virtio', bus: 0, unit: 0, target: 0 }],
      },
    ]);
  });

  test.each(['null', '1', '"x"', '[]', '[1]', '{}', '{"host-name": 5}', '[{"name": "vda"}]', '-1', '1.5'])(
    'of the wrong shape are refused: %s',
    async (value) => {
      const server = await fake((_, send) => send(`{"return": ${value}}`));
      const agent = await connect(server.path);
      expect(await rejection(agent.hostName())).toBeInstanceOf(AgentNonsense);
      expect(await rejection(agent.info())).toBeInstanceOf(AgentNonsense);
      if (value !== '[]') expect(await rejection(agent.fileSystems())).toBeInstanceOf(AgentNonsense);
      if (value !== '1') expect(await rejection(agent.thaw())).toBeInstanceOf(AgentNonsense);
      if (!['1', '-1'].includes(value)) expect(await rejection(agent.time())).toBeInstanceOf(AgentNonsense);
    },
  );

  test('an error that says nothing is an error too', async () => {
    const server = await fake((_, send) => send('{"error": "what"}'));
    const agent = await connect(server.path);
    expect(await rejection(agent.ping())).toBeInstanceOf(AgentNonsense);
  });

  test('a line without end closes the connection instead of filling the memory', async () => {
    const server = await fake((_, send) => send(Buffer.alloc(11_000_000, 'x')));
    const agent = await connect(server.path);
    const error = await rejection(agent.ping({ timeout: 20_000 }));
    expect(error).toBeInstanceOf(AgentUnreachable);
    expect(error.cause.message).toContain('10000000 bytes');
  }, 30_000);
});

test.each([
  ['disconnected:unix:/run/ga.sock,server=on', '/run/ga.sock'],
  ['unix:/run/ga.sock,server=on', '/run/ga.sock'],
  ['unix:/run/with,comma,server=on.sock,server=on', '/run/with,comma,server=on.sock'],
  ['unix:/run/client.sock', '/run/client.sock'],
  ['pty:/dev/pts/3', undefined],
  ['disconnected:tcp:127.0.0.1:5,server=on', undefined],
])('the socket of a chardev that is %s', (filename, path) => {
  expect(socketPath(filename)).toBe(path);
});
