import { expect, test } from '@jest/globals';
import { VIR_ERR_NO_DOMAIN, VIR_ERR_RPC } from '../../../src/hypervisor/constants.js';
import { type Connection, HypervisorError } from '../../../src/hypervisor/index.js';
import { CommandError, Session } from '../../../src/shell/index.js';
import { record } from './recorder.js';

/** A hypervisor that notes what is done to it; URIs that contain `bad` can't be opened. */
function fake() {
  const log: string[] = [];
  const open = async (uri: string | undefined, { readonly }: { readonly: boolean }): Promise<Connection> => {
    log.push(`open ${uri ?? 'default'}${readonly ? ' ro' : ''}`);
    if (uri?.includes('bad')) throw new HypervisorError('no such place', { code: VIR_ERR_RPC });
    return {
      close: async () => void log.push(`close ${uri ?? 'default'}`),
      release: async () => void log.push('release'),
    } as unknown as Connection;
  };
  const recorder = record();
  return { log, recorder, session: new Session(open, recorder.output, 'one:', false) };
}

test('the connection is opened when it is first wanted, and kept', async () => {
  const { log, session } = fake();
  expect(session.connected).toBe(false);
  const connection = await session.connection();
  expect(await session.connection()).toBe(connection);
  expect(log).toEqual(['open one:']);
  await session.close();
  expect(log).toEqual(['open one:', 'close one:']);
});

test('a lost connection is reopened, and the user is told', async () => {
  const { log, recorder, session } = fake();
  await session.connection();
  session.noteFailure(new CommandError('failed', new HypervisorError('gone', { code: VIR_ERR_RPC })));
  await session.connection();
  expect(log).toEqual(['open one:', 'close one:', 'open one:']);
  expect(recorder.stderr()).toBe('error: Reconnected to the hypervisor\n');
});

test('other errors say nothing about the connection', async () => {
  const { log, session } = fake();
  await session.connection();
  session.noteFailure(new HypervisorError('no domain', { code: VIR_ERR_NO_DOMAIN }));
  session.noteFailure(new Error('x'));
  await session.connection();
  expect(log).toEqual(['open one:']);
});

test('connect moves to another URI and mode', async () => {
  const { log, session } = fake();
  await session.connection();
  await session.connect('two:', true);
  expect([session.uri, session.readonly]).toEqual(['two:', true]);
  expect(log).toEqual(['open one:', 'close one:', 'open two: ro']);
});

test('connect without a URI stays where it is, and read-only if it was', async () => {
  const { log, session } = fake();
  await session.connect('two:', true);
  await session.connect(undefined, false);
  expect([session.uri, session.readonly]).toEqual(['two:', true]);
  await session.connect('one:', false);
  await session.connect(undefined, true);
  expect(log.filter((line) => line.startsWith('open'))).toEqual([
    'open two: ro',
    'open two: ro',
    'open one:',
    'open one: ro',
  ]);
});

test('after a connect that failed the old place is gone back to', async () => {
  const { log, recorder, session } = fake();
  await session.connection();
  const error: unknown = await session.connect('bad:', false).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(CommandError);
  expect((error as CommandError).message).toBe('failed to connect to the hypervisor');
  expect(session.connected).toBe(false);
  await session.connection();
  expect(log).toEqual(['open one:', 'close one:', 'open bad:', 'open one:']);
  expect(recorder.stderr()).toBe('');
});

test('handles are released while connected only', async () => {
  const { log, session } = fake();
  await session.release();
  await session.connection();
  await session.release();
  session.noteFailure(new HypervisorError('gone', { code: VIR_ERR_RPC }));
  await session.release();
  expect(log).toEqual(['open one:', 'release']);
});

test('several that want the connection at once share one opening', async () => {
  const { log, session } = fake();
  const [a, b] = await Promise.all([session.connection(), session.connection()]);
  expect(a).toBe(b);
  expect(log).toEqual(['open one:']);
});

test('whoever watches hears of each connection and its loss, until told otherwise', async () => {
  const { session } = fake();
  const heard: string[] = [];
  const end = session.watch(({ event }) => void heard.push(event));
  await session.connection();
  session.noteFailure(new HypervisorError('gone', { code: VIR_ERR_RPC }));
  await session.connection();
  await session.connect('two:', false);
  const expected = ['connected', 'disconnected', 'connected', 'disconnected', 'connected'];
  expect(heard).toEqual(expected);
  end();
  await session.close();
  expect(heard).toEqual(expected);
});
