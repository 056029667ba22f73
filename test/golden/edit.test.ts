import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type RunResult, runSnapctl, runVirsh } from './compared-run.js';
import { normalise } from './normalise.js';

// Editing with various editors, without a terminal: virsh and snapctl side by side, with one difference that is meant:
// virsh 9.0 says of a document the hypervisor refused that it was edited, and succeeds.

const uri = 'test:///default';
let folder: string;
let scripts: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'edit-test-'));
  scripts = mkdtempSync(join(tmpdir(), 'edit test '));
  const script = join(scripts, 'append');
  writeFileSync(script, '#!/bin/sh\necho "$# $1" | sed "s,/.*,FILE,"\necho more >> "$1"\n');
  chmodSync(script, 0o755);
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  rmSync(scripts, { recursive: true, force: true });
});

/** The two name their temporary files differently. */
const anonymous = ({ code, stdout, stderr }: RunResult) => {
  const clean = (text: string): string =>
    normalise(text.replace(/\S*\/(virsh\w{6}\.xml|snapctl-\w{6}\/edit\.xml)/g, 'FILE'), [scripts]);
  return { code, stdout: clean(stdout), stderr: clean(stderr) };
};

async function both(env: NodeJS.ProcessEnv, words: string) {
  const place = { uri, env: { ...env, TMPDIR: folder } };
  const [wanted, got] = await Promise.all([runVirsh(place, words, ''), runSnapctl(place, words, '')]);
  expect(wanted.code).not.toBeNull();
  return { wanted: anonymous(wanted), got: anonymous(got) };
}

const halve = "sed -i s/'>8388608<'/'>4194304<'/";
const spoil = "sed -i s/'>8388608<'/'>much<'/";

describe('an editor', () => {
  const cases: [string, NodeJS.ProcessEnv, string][] = [
    ['that changes nothing', { EDITOR: 'true' }, 'edit test'],
    ['that changes nothing, quietly', { EDITOR: 'true' }, '-q edit test'],
    ['that changes something', { EDITOR: halve }, "'edit test; dumpxml test --inactive'"],
    [
      'that changes something, unvalidated',
      { EDITOR: halve },
      "'edit test --skip-validate; dumpxml test --inactive'",
    ],
    ['that changes something, quietly', { EDITOR: halve }, '-q edit test'],
    ['with options in quotes and a variable', { EDITOR: "echo -n 'a  b' $TZ;true" }, 'edit test'],
    ['that fails', { EDITOR: 'false' }, 'edit test'],
    ['that fails under a shell', { EDITOR: 'exit 7;' }, 'edit test'],
    ['that is killed', { EDITOR: 'kill -TERM $$;' }, 'edit test'],
    ['that is not there, under a shell', { EDITOR: 'no-such-editor -x' }, 'edit test'],
    ['that is not there', { EDITOR: 'no-such-editor' }, 'edit test'],
    ['named by VISUAL first', { VISUAL: 'true', EDITOR: 'false' }, 'edit test'],
    ['of a domain that is not there', { EDITOR: halve }, 'edit nosuch'],
    ['without the right to see secrets', { EDITOR: halve }, '-r edit test'],
    ['of a description', { EDITOR: 'sed -i s/a/b/' }, "'desc test aaa; desc test --edit; desc test'"],
    ['of a description that stays', { EDITOR: 'true' }, "'desc test aaa; desc test --edit; desc test'"],
    ['of a description proposed', { EDITOR: 'true' }, "'desc test --edit one two; desc test --edit one two'"],
    ['of a title', { EDITOR: 'echo words >' }, "'desc test --title --edit; desc test --title; desc test'"],
    [
      'of a title, adding a line end',
      { EDITOR: 'echo >>' },
      "'desc test --title T; desc test --title --edit'",
    ],
    ['of a description, failing', { EDITOR: 'false' }, 'desc test --edit'],
  ];

  test.each(cases)('%s', async (_, env, words) => {
    const { wanted, got } = await both(env, words);
    expect(got).toEqual(wanted);
  });

  test('in a folder with a blank in its name', async () => {
    const quoted = `'${join(scripts, 'append')}'`;
    const { wanted, got } = await both({ EDITOR: quoted }, "'desc test --edit; desc test'");
    expect(got).toEqual(wanted);
    expect(got.stdout).toContain('1 FILE\n');
  });

  test('gets a file that others may not read, and leaves none behind', async () => {
    const env = { EDITOR: 'stat -c %a', TMPDIR: folder };
    const { stdout, code } = await runSnapctl({ uri, env }, 'edit test', '');
    expect(stdout).toMatch(/^600\n/);
    expect(code).toBe(0);
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('a document that is refused', () => {
  const run = (words: string) => runSnapctl({ uri, env: { EDITOR: spoil } }, words, '');

  test('fails, says why and changes nothing', async () => {
    const { code, stderr, stdout } = await run("'dumpxml test; edit test'");
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: Failed\.\nerror: XML document failed to validate against schema: /);
    const after = await run("'edit test; dumpxml test'");
    expect(after.stdout.trim()).toBe(stdout.trim());
    expect(after.code).toBe(0);
  });

  test('is refused by the hypervisor too where validation is skipped', async () => {
    const { code, stderr } = await run('edit test --skip-validate');
    expect(stderr).toMatch(/^error: Failed\.\nerror: XML error: Invalid value 'much'/);
    expect(code).toBe(1);
  });
});
