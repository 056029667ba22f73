import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { installed, root, run, uri } from './real-shells.js';

const { environment, remove } = installed();
afterAll(remove);

const lines = {
  command: 'snapctl snapshot-rev',
  global: 'snapctl --reado',
  uri: 'snapctl -c tes',
  domain: `snapctl -c ${uri} dumpxml runn`,
  blank: `snapctl -c ${uri} dumpxml a`,
  longConnect: `snapctl --connect=${uri} -q dumpxml of`,
  option: 'snapctl dumpxml --up',
  named: `snapctl -c ${uri} dumpxml --domain of`,
  equals: `snapctl -c ${uri} dumpxml --domain=of`,
  values: 'snapctl dump x y --format kdump-z',
  equalsValues: 'snapctl dump x y --format=kdump-z',
  snapshot: `snapctl -c ${uri} snapshot-info snapped se`,
  disk: `snapctl -c ${uri} snapshot-create-as running x --diskspec v`,
  spec: `snapctl -c ${uri} snapshot-create-as running x --diskspec vda,snapshot=e`,
  file: 'snapctl snapshot-create x --xmlfile test/completions/doma',
  badUri: 'snapctl -c nosuch:///x dumpxml r',
};
let completed: Record<string, string> = {};

/** One interactive zsh on a pseudo-terminal; Tab completes, then a widget of the test shows the line. */
const driver = `
zmodload zsh/zpty
zpty z 'zsh -f -i'
expect() { local out; zpty -r -m z out "*$1*" }
zpty -w z 'PS1=; unsetopt beep; stty -echo cols 500; fpath=('\${(q)1}' $fpath); autoload -Uz compinit; compinit -u -D; show() { print -r -- "<line>$BUFFER</line>"; BUFFER= }; zle -N show; bindkey "^X" show; bindkey "^I" complete-word; setopt no_list_ambiguous; echo RE""ADY'
expect READY
shift
for line; do
  zpty -w -n z "$line"$'\\t\\C-X'
  zpty -r -m z out '*</line>*'
  print -r -- "\${\${out##*<line>}%%</line>*}"
done
zpty -d z
`;

beforeAll(async () => {
  const output = await run(
    'zsh',
    ['-f', '-c', driver, 'driver', `${root}completions`, ...Object.values(lines)],
    environment,
  );
  const results = output.split('\n');
  completed = Object.fromEntries(Object.keys(lines).map((name, at) => [name, results[at] ?? '']));
}, 120_000);

test.each([
  ['command', 'snapctl snapshot-revert '],
  ['global', 'snapctl --readonly '],
  ['uri', 'snapctl -c test:///default '],
  ['domain', `snapctl -c ${uri} dumpxml running `],
  ['blank', `snapctl -c ${uri} dumpxml a\\ name `],
  ['longConnect', `snapctl --connect=${uri} -q dumpxml off `],
  ['option', 'snapctl dumpxml --update-cpu '],
  ['named', `snapctl -c ${uri} dumpxml --domain off `],
  ['equals', `snapctl -c ${uri} dumpxml --domain=off `],
  ['values', 'snapctl dump x y --format kdump-zlib '],
  ['equalsValues', 'snapctl dump x y --format=kdump-zlib '],
  ['snapshot', `snapctl -c ${uri} snapshot-info snapped second `],
  // More may follow in the same word.
  ['disk', `snapctl -c ${uri} snapshot-create-as running x --diskspec vda`],
  ['spec', `snapctl -c ${uri} snapshot-create-as running x --diskspec vda,snapshot=external`],
  ['file', 'snapctl snapshot-create x --xmlfile test/completions/domains.xml '],
  ['badUri', 'snapctl -c nosuch:///x dumpxml r'],
])('%s', (name, expected) => {
  expect(completed[name]).toBe(expected);
});
