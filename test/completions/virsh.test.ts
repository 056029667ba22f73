import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { registry } from '../../commands/index.js';
import { program, uri } from './real-shells.js';

/**
 * Completion as virsh completes, word for word, on domains in every state. Order is left out of it: virsh gives
 * domains in the order of a hash table.
 */

/** Groups and commands that virsh doesn't have. */
const ownGroups = new Set(['recovery', 'screen', 'archive']);

const PLAIN_EVERY = 8;

interface Case {
  readonly words: readonly string[];
  /** virsh may have nothing to offer where we have: the values that an option takes, and disks. */
  readonly more?: boolean;
}

async function cases(): Promise<Case[]> {
  const found: Case[] = [];
  let plain = 0;
  for (const entry of registry.entries) {
    const { default: spec } = await entry.load();
    if (spec.hidden || ownGroups.has(spec.group)) continue;
    found.push({ words: [spec.name, '--'] });
    const before = spec.options.some(({ name }) => name === 'domain');
    for (const option of spec.options) {
      if (option.type === 'flag' || option.type === 'alias' || option.extra) continue;
      if (option.completer === 'command') continue;
      // Nothing is what most have to offer on both sides; a few of these show it.
      if (option.completer === undefined && option.values === undefined && ++plain % PLAIN_EVERY !== 0)
        continue;
      const domain = before && option.name !== 'domain' ? ['--domain', domainFor(spec.name)] : [];
      const more = option.values !== undefined || option.name === 'diskspec';
      found.push({ words: [spec.name, ...domain, `--${option.name}`, ''], more });
    }
  }
  const more = [
    ['start', 'o'],
    ['start', 'r'],
    ['dumpxml', 'a'],
    ['dumpxml', 'a\\ n'],
    ['dumpxml', 'a b'],
    ['dumpxml', '--', 'r'],
    ['dumpxml', '--domain=r'],
    ['dumpxml', '--domain', 'running', '--dom'],
    ['dumpxml', 'running', ''],
    ['dumpxml', 'running', 'x'],
    ['dumpxml', '--nosuch', ''],
    ['dumpxml;', 'resum'],
    ['dumpxml', 'running;', 'snapshot-inf'],
    ['list', '--all', '--a'],
    ['list', '--all'],
    ['list', '-'],
    ['snapshot-info', 'snapped', 'f'],
    ['snapshot-info', 'running', 'f'],
    ['snapshot-info', 'nosuch', 'f'],
    ['snapshot-info', '4', 's'],
    ['shutdown', 'running', '--mode', 'acpi,'],
    ['shutdown', 'running', '--mode', 'acpi,a'],
    ['freepages', '1', '--pagesize', ''],
    ['domifaddr', 'running', 'n'],
    ['snapshot-cr'],
    ['snapshot-create'],
    ['quit', ''],
    ['quit'],
    ['complete'],
    ['echo', ''],
    ['echo', 'x'],
    ['echo', '--str'],
  ];
  return [...found, ...more.map((words) => ({ words }))];
}

const domainFor = (command: string): string => (command.startsWith('snapshot-') ? 'snapped' : 'running');

const quoted = (word: string): string => `'${word}'`;

const execute = promisify(execFile);

/** virsh can complete only once in a process: it hangs at exit otherwise. Exit status 1 is "no candidates". */
async function ofVirsh({ words }: Case): Promise<string[]> {
  const answer = execute('virsh', ['-q', '-c', uri, 'complete', '--', ...words], { timeout: 60_000 });
  return linesOf(
    await answer.then(
      ({ stdout }) => stdout,
      (error: { code?: number; stdout: string }) => {
        if (error.code !== 1) throw error;
        return error.stdout;
      },
    ),
  );
}

async function ofSnapctl(all: readonly Case[]): Promise<string[][]> {
  const line = all.map(({ words }) => `echo; complete -- ${words.map(quoted).join(' ')}; echo @`).join('; ');
  const { stdout } = await execute(process.execPath, [program, '-q', '-c', uri, line], { timeout: 120_000 });
  return stdout.split('@').slice(0, -1).map(linesOf);
}

const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .sort();

test('every option of every command', async () => {
  const all = await cases();
  expect(all.length).toBeGreaterThan(200);
  const ours = ofSnapctl(all);
  const theirs: string[][] = [];
  // A few at a time: most of the time goes into starting processes.
  for (let at = 0; at < all.length; at += 4) {
    theirs.push(...(await Promise.all(all.slice(at, at + 4).map(ofVirsh))));
  }
  const got = await ours;
  const differences = all.flatMap(({ words, more }, at) =>
    JSON.stringify(theirs[at]) === JSON.stringify(got[at]) || (more && theirs[at]?.length === 0)
      ? []
      : [{ words, want: theirs[at], got: got[at] }],
  );
  expect(differences).toEqual([]);
}, 240_000);

test.each([
  [['dumpxml', 'r'], 0],
  [['dumpxml', 'zzz'], 1],
  [['nosuch'], 1],
  [[], 1],
])('exit status of %j', (words, status) => {
  const run = (command: string, args: readonly string[]) =>
    spawnSync(command, [...args, '-c', uri, 'complete', '--', ...words], {
      encoding: 'utf8',
      timeout: 20_000,
    });
  const virsh = run('virsh', []);
  const { status: got, stdout, stderr } = run(process.execPath, [program]);
  expect([got, stdout, stderr]).toEqual([virsh.status, virsh.stdout, virsh.stderr]);
  expect(got).toBe(status);
});
