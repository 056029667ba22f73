import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { snapctl } from '../support/embed.mjs';
import { Terminal } from '../support/terminal.js';

const noting = pathToFileURL(
  join(dirname(fileURLToPath(import.meta.url)), '..', 'support', 'note-modules.mjs'),
).href;
const folder = mkdtempSync(join(tmpdir(), 'snapctl-painter-'));
const program = process.env.SNAPCTL_TEST_PROGRAM ?? snapctl;
let painters: string[] = [];

beforeAll(() => {
  // Parts of the bundle that only Ink needs, by what only its own code says.
  const chunks = join(dirname(program), 'chunks');
  const isPainter = (name: string): boolean =>
    /react-reconciler|yoga-layout|WebAssembly\.instantiate/.test(readFileSync(join(chunks, name), 'utf8'));
  painters = readdirSync(chunks).filter((name) => name.endsWith('.js') && isPainter(name));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;

/** Runs a line of the system's shell on a terminal, in which $S is the program. @returns which painters were loaded. */
async function painted(line: string, until: RegExp, typed = ''): Promise<string[]> {
  count += 1;
  const file = join(folder, `modules-${count}`);
  const env = {
    NOTE_MODULES: file,
    NODE_OPTIONS: `--no-warnings --import=${noting}`,
    S: `${process.execPath} ${program} -q -c test:///default`,
  };
  const terminal = await Terminal.open([], { env, program: ['/bin/sh', '-c', `${line}; read end`] });
  try {
    await terminal.type(typed);
    if (typed !== '') await terminal.keys('Enter');
    await terminal.shows(until, { patience: 60_000 });
  } finally {
    await terminal.close();
  }
  expect(existsSync(file)).toBe(true);
  const loaded = readFileSync(file, 'utf8').split('\n');
  expect(loaded.some((url) => url.endsWith('/snapctl.js'))).toBe(true);
  return painters.filter((name) => loaded.some((url) => url.endsWith(`/${name}`)));
}

test('with a terminal at both ends it paints', async () => {
  expect(painters.length).toBeGreaterThan(0);
  // The first prompt is there before they are; an answer is not.
  expect(await painted('$S', /\n1\n[\s\S]*snapctl #$/, 'domid test')).toEqual(painters);
}, 90_000);

test.each([
  ['one command', '$S domid test', /^1$/m, ''],
  ['a script on standard input', "echo 'domid test' | $S", /^snapctl # domid test\n1\nsnapctl #/, ''],
  ['output into a pipe', '$S | cat', /\n1\b/, 'domid test'],
  ['help', '$S --help', /keyword 'snapctl'/, ''],
])(
  'nothing that paints is loaded for %s',
  async (_, line, until, typed) => {
    expect(await painted(line, until, typed)).toEqual([]);
  },
  90_000,
);
