import { describe, expect, test } from '@jest/globals';
import {
  type GrammarCommand,
  GrammarError,
  type GrammarOption,
  parseLine,
  parseWords,
} from '../../../src/grammar/index.js';

const command = (
  name: string,
  options: GrammarOption[],
  more: Partial<GrammarCommand> = {},
): GrammarCommand => ({
  name,
  options,
  ...more,
});

const commands = [
  command('help', [{ name: 'command', type: 'string' }], { lenient: true }),
  command('take', [
    { name: 'domain', type: 'string', required: true },
    { name: 'count', type: 'int', required: true, positional: false },
    { name: 'live', type: 'flag' },
    { name: 'note', type: 'string' },
    { name: 'only-named', type: 'string', positional: false },
    { name: 'old-note', type: 'alias', target: 'note' },
    { name: 'hello', type: 'alias', target: 'note=hello' },
    { name: 'alive', type: 'alias', target: 'live' },
  ]),
  command('all', [
    { name: 'first', type: 'string' },
    { name: 'rest', type: 'argv' },
  ]),
  command('must', [{ name: 'words', type: 'argv', required: true }]),
  command('own-json', [{ name: 'json', type: 'string' }]),
];
const lookup = async (name: string): Promise<GrammarCommand | undefined> =>
  commands.find((each) => each.name === name);

/** A line's commands as `name option=value…`. */
const parsed = async (line: string): Promise<string[]> =>
  (await parseLine(line, lookup)).map(({ command: { name }, given, json }) =>
    [
      name,
      ...given.map((each) => (each.value === undefined ? each.name : `${each.name}=${each.value}`)),
      ...(json ? ['JSON'] : []),
    ].join(' '),
  );

describe('binding', () => {
  test.each([
    ['take d --count 1', ['take domain=d count=1']],
    ['take --count=1 d n', ['take count=1 domain=d note=n']],
    ['take --note n --count 1 d', ['take note=n count=1 domain=d']],
    ['take --live --domain d --count 1 n', ['take live domain=d count=1 note=n']],
    ['take d --count 1 --only-named x', ['take domain=d count=1 only-named=x']],
    ['take d --count 1 --old-note x', ['take domain=d count=1 note=x']],
    ['take d --count 1 --hello', ['take domain=d count=1 note=hello']],
    ['take d --count 1 --alive', ['take domain=d count=1 live']],
    ['take --count 1 -- --live', ['take count=1 domain=--live']],
    ['take --domain --live --count 1', ['take domain=--live count=1']],
    ['take - --count -1', ['take domain=- count=-1']],
    ['all a b c', ['all first=a rest=b rest=c']],
    ['all --rest b --rest c a d', ['all rest=b rest=c first=a rest=d']],
    ['all -- --rest', ['all first=--rest']],
    ["all ''", ['all first=']],
    ['all --first=', ['all first=']],
    ['all a; all b\nall c', ['all first=a', 'all first=b', 'all first=c']],
    [';;', []],
    ['take d --help', ['help command=take']],
    ['take --help --nosuch', undefined],
    ['help x y --z', ['help command=x']],
    ['all a --json', ['all first=a JSON']],
    ['own-json --json x', ['own-json json=x']],
  ])('%s', async (line, expected) => {
    if (expected) expect(await parsed(line)).toEqual(expected);
    else await expect(parsed(line)).rejects.toThrow(GrammarError);
  });

  test.each([
    ['nosuch', ["unknown command: 'nosuch'"]],
    ['take', ["command 'take' requires <domain> option", "command 'take' requires --count option"]],
    ['take --count 1', ["command 'take' requires <domain> option"]],
    ['must', ["command 'must' requires <words> option"]],
    ['take d --count', ['expected syntax: --count <number>']],
    ['take --domain', ['expected syntax: --domain <string>']],
    ['take d --count 1 n x', ["unexpected data 'x'"]],
    ['take d --nosuch', ["command 'take' doesn't support option --nosuch"]],
    ['take d --nosuch=1', ["command 'take' doesn't support option --nosuch"]],
    ['take d --domain e', ['option --domain already seen']],
    ['take --live --live', ['option --live already seen']],
    ['take --note a --old-note b', ['option --note already seen']],
    ['take --live=1', ["invalid '=' after option --live"]],
    ['take --hello=1', ["invalid '=' after option --hello"]],
    ['all a; nosuch; all b', ["unknown command: 'nosuch'"]],
  ])('%s is refused', async (line, messages) => {
    const error: unknown = await parseLine(line, lookup).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(GrammarError);
    expect((error as GrammarError).messages).toEqual(messages);
  });
});

test('separate words are one command, whatever is in them', async () => {
  const [only, ...more] = await parseWords(['all', 'a;b', '#', "'"], lookup);
  expect(more).toEqual([]);
  expect(only?.given).toEqual([
    { name: 'first', value: 'a;b' },
    { name: 'rest', value: '#' },
    { name: 'rest', value: "'" },
  ]);
});
