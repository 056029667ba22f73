import { describe, expect, test } from '@jest/globals';
import { parseLine } from '../../../src/grammar/index.js';
import type { Connection } from '../../../src/hypervisor/index.js';
import {
  CommandError,
  type CommandSpec,
  type DispatchOptions,
  defineCommand,
  dispatch,
  exclusive,
  InterruptedError,
  Registry,
  requires,
  Session,
  SilentFailure,
} from '../../../src/shell/index.js';
import { type Recorder, record } from './recorder.js';

const ran: string[] = [];

const say = defineCommand({
  name: 'say',
  group: 'snapctl',
  summary: '',
  description: '',
  options: [
    { name: 'text', type: 'string', help: '' },
    { name: 'loud', type: 'flag', help: '' },
    { name: 'soft', type: 'flag', help: '' },
    { name: 'very', type: 'flag', help: '' },
    { name: 'domain', type: 'string', help: '' },
  ],
  rules: [exclusive('loud', 'soft'), requires('very', 'loud')],
  noConnection: true,
  async run(context, args) {
    ran.push('say');
    context.output.print(`${args.raw('text') ?? 'nothing'}\n`);
    context.output.extra('by the way\n');
    if (args.raw('text') === 'data') context.emit({ size: 2n ** 60n });
  },
});

const fail = (name: string, error: () => unknown): CommandSpec =>
  defineCommand({
    name,
    group: 'snapctl',
    summary: '',
    description: '',
    options: [],
    noConnection: true,
    async run(context) {
      ran.push(name);
      context.output.print('half\n');
      throw error();
    },
  });

const commands = [
  say,
  fail('fail', () => new CommandError('it failed', new Error('for a reason'))),
  fail('silent', () => new SilentFailure()),
  defineCommand({
    name: 'verdict',
    group: 'snapctl',
    summary: '',
    description: '',
    options: [],
    noConnection: true,
    async run(context) {
      context.emit({ good: false });
      throw new SilentFailure();
    },
  }),
  fail('interrupted', () => new InterruptedError('interrupted')),
  defineCommand({
    name: 'end',
    group: 'snapctl',
    summary: '',
    description: '',
    options: [],
    noConnection: true,
    async run(context) {
      context.session.ended = true;
    },
  }),
  defineCommand({
    name: 'connected',
    group: 'snapctl',
    summary: '',
    description: '',
    options: [],
    async run(context) {
      context.output.print(`${await context.connection.getHostname()}\n`);
    },
  }),
];
const registry = new Registry(
  [{ keyword: 'snapctl', title: 'Snapctl itself' }],
  commands.map((spec) => ({ name: spec.name, group: 'snapctl', load: async () => ({ default: spec }) })),
);

interface Run extends Recorder {
  readonly outcome: string;
}

async function run(line: string, options: Partial<DispatchOptions> & { quiet?: boolean } = {}): Promise<Run> {
  ran.length = 0;
  const recorder = record({ quiet: options.quiet ?? false });
  const connection = {
    getHostname: async () => 'host',
    notices: async () => [],
    lateNotices: async () => [],
    release: async () => undefined,
    close: async () => undefined,
  } as unknown as Connection;
  const session = new Session(async () => connection, recorder.output, undefined, false);
  const outcome = await dispatch(await parseLine(line, registry.lookup), {
    output: recorder.output,
    session,
    registry,
    signal: new AbortController().signal,
    interactive: false,
    consoleEscape: '^]',
    json: false,
    timing: false,
    ...options,
  });
  return { ...recorder, outcome };
}

test('text, and a blank line after each command', async () => {
  const { outcome, stdout, stderr } = await run('say a; say b');
  expect([outcome, stdout(), stderr()]).toEqual(['done', 'a\nby the way\n\nb\nby the way\n\n', '']);
});

test('-q leaves out what is extra', async () => {
  expect((await run('say a; say b', { quiet: true })).stdout()).toBe('a\nb\n');
});

test('a failed command does not keep the next from running; the last one decides', async () => {
  const first = await run('fail; say a');
  expect([first.outcome, ran]).toEqual(['done', ['fail', 'say']]);
  expect(first.stderr()).toBe('error: it failed\nerror: for a reason\n');
  expect((await run('say a; fail')).outcome).toBe('failed');
});

test('a silent failure only fails', async () => {
  const { outcome, stdout, stderr } = await run('silent');
  expect([outcome, stdout(), stderr()]).toEqual(['failed', 'half\n\n', '']);
});

test('an interrupt and the end of the session end the sequence', async () => {
  expect((await run('interrupted; say a')).outcome).toBe('interrupted');
  expect(ran).toEqual(['interrupted']);
  expect((await run('end; say a')).outcome).toBe('done');
  expect(ran).toEqual([]);
});

test('-t prints the time after each command, also under -q', async () => {
  expect((await run('say a', { timing: true, quiet: true })).stdout()).toMatch(
    /^a\n\n\(Time: \d+\.\d{3} ms\)\n\n$/,
  );
});

test('rules are checked before the command runs', async () => {
  const both = await run('say --loud --soft');
  expect([both.outcome, both.stderr(), ran]).toEqual([
    'failed',
    'error: Options --loud and --soft are mutually exclusive\n',
    [],
  ]);
  const alone = await run('say --very');
  expect(alone.stderr()).toBe('error: Option --loud is required by option --very\n');
  expect((await run('say --very --loud')).outcome).toBe('done');
});

test('the connection is there for commands that want one', async () => {
  expect((await run('connected', { quiet: true })).stdout()).toBe('host\n');
});

describe('--json', () => {
  test('prints what was emitted and no text', async () => {
    expect((await run('say data --json')).stdout()).toBe('{"size":"1152921504606846976"}\n');
  });

  test('wraps the text of a command that emits nothing', async () => {
    expect((await run('say a', { json: true })).stdout()).toBe('{"message":"a\\nby the way"}\n');
  });

  test('prints nothing on failure but the error', async () => {
    const { outcome, stdout, stderr } = await run('fail', { json: true });
    expect([outcome, stdout(), stderr()]).toEqual(['failed', '', 'error: it failed\nerror: for a reason\n']);
  });

  test('holds for the one command it was given to', async () => {
    expect((await run('say a --json; say b', { quiet: true })).stdout()).toBe('{"message":"a"}\nb\n');
  });

  test('keeps the time out of standard output', async () => {
    const { stdout, stderr } = await run('say data', { json: true, timing: true });
    expect(JSON.parse(stdout())).toEqual({ size: '1152921504606846976' });
    expect(stderr()).toMatch(/^\(Time: \d+\.\d{3} ms\)\n$/);
  });
});

test('who watches the session hears of each command, the domain it is about and its end', async () => {
  const heard: unknown[] = [];
  const { output } = record();
  const session = new Session(() => Promise.reject(new Error('none')), output, undefined, false);
  session.watch((event) => void heard.push(event));
  await dispatch(await parseLine('say a --domain web; fail', registry.lookup), {
    output,
    session,
    registry,
    signal: new AbortController().signal,
    interactive: false,
    consoleEscape: '^]',
    json: false,
    timing: false,
  });
  const about = { command: 'say', domain: 'web' };
  const failed = { command: 'fail', domain: undefined };
  expect(heard).toEqual([
    { event: 'command-began', ...about, long: false },
    { event: 'command-ended', ...about, succeeded: true },
    { event: 'command-began', ...failed, long: false },
    { event: 'command-ended', ...failed, succeeded: false },
  ]);
});

test('a verdict that makes the status one of failure is told under --json all the same', async () => {
  const { outcome, stdout, stderr } = await run('verdict', { json: true });
  expect([outcome, stdout(), stderr()]).toEqual(['failed', '{"good":false}\n', '']);
});
