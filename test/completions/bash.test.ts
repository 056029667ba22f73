import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { feed, installed, root, run, uri } from './real-shells.js';

const script = `${root}completions/snapctl.bash`;
const { environment, remove } = installed();
afterAll(remove);

/** Completions of each line, all asked of one bash. */
const lines = {
  commands: 'snapctl snapshot-c',
  globals: 'snapctl --re',
  uris: 'snapctl -c te',
  domain: `snapctl -c ${uri} dumpxml r`,
  blank: `snapctl -c ${uri} dumpxml a`,
  quoted: `snapctl -c ${uri} dumpxml "a`,
  escaped: `snapctl -c ${uri} dumpxml a\\ n`,
  longConnect: `snapctl --connect=${uri} -q dumpxml r`,
  option: 'snapctl dumpxml --up',
  left: 'snapctl dumpxml --inactive --in',
  named: `snapctl -c ${uri} dumpxml --domain o`,
  equals: `snapctl -c ${uri} dumpxml --domain=o`,
  values: 'snapctl dump x y --format kdump-z',
  equalsValues: 'snapctl dump x y --format=kdump-z',
  snapshots: `snapctl -c ${uri} snapshot-info snapped `,
  disks: `snapctl -c ${uri} snapshot-create-as running x --diskspec v`,
  spec: `snapctl -c ${uri} snapshot-create-as running x --diskspec vda,snapshot=e`,
  files: 'snapctl snapshot-create x --xmlfile test/completions/doma',
  unknown: 'snapctl nosuch-',
  badUri: 'snapctl -c nosuch:///x dumpxml r',
};
let completions: Record<string, string[]> = {};

beforeAll(async () => {
  const asked = Object.entries(lines).map(([name, line]) => `t ${name} '${line.replaceAll("'", "'\\''")}'`);
  const output = await run(
    'bash',
    [
      '--norc',
      '-c',
      `source '${script}'
t() {
  COMP_LINE=$2 COMP_POINT=\${#2}
  _snapctl snapctl
  printf '%s\\n' "@$1" "\${COMPREPLY[@]}"
}
${asked.join('\n')}`,
    ],
    environment,
  );
  completions = Object.fromEntries(
    output
      .split('@')
      .slice(1)
      .map((part) => part.split('\n').filter((line) => line !== ''))
      .map(([name = '', ...words]) => [name, words]),
  );
}, 60_000);

test.each([
  ['commands', ['snapshot-create', 'snapshot-create-as', 'snapshot-current']],
  ['globals', ['--readonly']],
  // bash puts in place what follows the last : of the word.
  ['uris', ['test:///default']],
  ['domain', ['running']],
  ['blank', ['a\\ name']],
  ['quoted', ['a name']],
  ['escaped', ['a\\ name']],
  ['longConnect', ['running']],
  ['option', ['--update-cpu']],
  ['left', []],
  ['named', ['off']],
  ['equals', ['off']],
  ['values', ['kdump-zlib']],
  ['equalsValues', ['kdump-zlib']],
  ['disks', ['vda']],
  ['spec', ['external']],
  ['files', ['test/completions/domains.xml']],
  ['unknown', []],
  ['badUri', []],
])('%s', (name, expected) => {
  expect(completions[name]).toEqual(expected);
});

test('values come before options where both may follow', () => {
  expect(completions.snapshots?.slice(0, 3)).toEqual(['first', 'second', '--snapshotname']);
});

test('readline puts the completion in place', () => {
  // script(1) gives bash a terminal, so that keys are read by readline.
  const keys = `PS1='>'; source '${script}'; bind 'set bell-style none'\n`;
  const typed = `echo snapctl is here\nsnapctl -c ${uri} snapshot-inf\tsnap\tsec\t; echo END=$?\nexit\n`;
  const shown = feed('script', ['-qec', 'bash --norc --noprofile', '/dev/null'], keys + typed, environment);
  expect(shown).toMatch(/Name:\s+second/);
  expect(shown).toContain('END=0');
}, 60_000);
