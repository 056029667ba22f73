import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type RunResult, runSnapctl, runVirsh } from './compared-run.js';
import { normalise } from './normalise.js';

// What snapshot-edit does with various editors, without a terminal, compared with the installed virsh.

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'edit-test-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** The two name their temporary files differently. */
const anonymous = ({ code, stdout, stderr }: RunResult): RunResult => {
  const clean = (text: string): string =>
    normalise(text.replace(/\S*\/(virsh\w{6}\.xml|snapctl-\w{6}\/edit\.xml)/g, 'FILE'));
  return { code, stdout: clean(stdout), stderr: clean(stderr) };
};

const both = async (editor: string, commands: string): Promise<{ wanted: RunResult; got: RunResult }> => {
  const place = { uri: 'test:///default', env: { EDITOR: editor, TMPDIR: folder } };
  const words = `'snapshot-create-as test a; snapshot-create-as test b; ${commands}; snapshot-list test --parent; snapshot-current test --name; snapshot-dumpxml test a'`;
  const [wanted, got] = await Promise.all([runVirsh(place, words, ''), runSnapctl(place, words, '')]);
  expect(wanted.code).not.toBeNull();
  return { wanted: anonymous(wanted), got: anonymous(got) };
};

const describeIt = "sed -i 's,</name>\\n*,</name><description>edited</description>,;'";
const rename = 'sed -i s,\\<name\\>a\\</name,\\<name\\>c\\</name,';
const spoil = 'sed -i s,\\<state\\>running,\\<state\\>nonsense,';
const breakIt = 'sed -i s,\\</domainsnapshot\\>,,';

describe('snapshot-edit, with an editor', () => {
  test.each([
    ['that changes nothing', 'true', 'snapshot-edit test a'],
    ['that changes nothing, of the current one', 'true', 'snapshot-edit test --current'],
    ['that changes nothing, making it current', 'true', 'snapshot-edit test a --current'],
    ['that changes nothing, with names allowed to change', 'true', 'snapshot-edit test a --rename'],
    ['that adds a description', describeIt, 'snapshot-edit test a'],
    ['that adds a description, making it current', describeIt, 'snapshot-edit test a --current'],
    ['that changes the name, unasked', rename, 'snapshot-edit test a'],
    ['that changes the name', rename, 'snapshot-edit test a --rename'],
    ['that changes the name of a copy', rename, 'snapshot-edit test a --clone'],
    ['that fails', 'false', 'snapshot-edit test a'],
    ['that is not there', 'no-such-editor', 'snapshot-edit test a'],
    ['of a snapshot that is not there', 'true', 'snapshot-edit test nosuch'],
  ])('%s', async (_, editor, commands) => {
    const { wanted, got } = await both(editor, commands);
    expect(got).toEqual(wanted);
  });

  test.each([
    ['nonsense', spoil],
    ['a torn document', breakIt],
  ])('that leaves %s: the old definition stays', async (_, editor) => {
    const place = { uri: 'test:///default', env: { EDITOR: editor, TMPDIR: folder } };
    const failing = await runSnapctl(place, "'snapshot-create-as test a; snapshot-edit test a'", '');
    expect(failing.code).toBe(1);
    expect(failing.stderr).toMatch(/^error: Failed\.\nerror: Failed to update a\nerror: ./);
    const { stdout } = await runSnapctl(
      place,
      "'snapshot-create-as test a; snapshot-edit test a; snapshot-info test a'",
      '',
    );
    expect(stdout).toMatch(/^State: +running$/m);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('on a read-only connection', async () => {
    const place = { uri: 'test:///default', env: { EDITOR: 'true', TMPDIR: folder } };
    const words = '-r snapshot-edit test a';
    expect(await runSnapctl(place, words, '')).toEqual(await runVirsh(place, words, ''));
  });
});
