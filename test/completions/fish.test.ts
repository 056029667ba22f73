import { afterAll, expect, test } from '@jest/globals';
import { installed, root, run, uri } from './real-shells.js';

const { environment, remove } = installed();
afterAll(remove);

/** What fish offers for a line, without descriptions. */
async function offered(line: string): Promise<string[]> {
  const output = await run(
    'fish',
    ['--no-config', '-c', `source '${root}completions/snapctl.fish'; complete -C $argv[1]`, '--', line],
    environment,
  );
  return output.split('\n').filter((each) => each !== '');
}
const words = async (line: string): Promise<string[]> =>
  (await offered(line)).map((each) => each.replace(/\t.*$/, ''));

test.each([
  ['snapctl snapshot-c', ['snapshot-create', 'snapshot-create-as', 'snapshot-current']],
  ['snapctl --reado', ['--readonly']],
  ['snapctl -c te', ['test:///default']],
  [`snapctl -c ${uri} dumpxml r`, ['running']],
  [`snapctl -c ${uri} dumpxml a`, ['a name']],
  [`snapctl --connect=${uri} -q dumpxml o`, ['off']],
  ['snapctl dumpxml --up', ['--update-cpu']],
  [`snapctl -c ${uri} dumpxml --domain o`, ['off']],
  [`snapctl -c ${uri} dumpxml --domain=o`, ['--domain=off']],
  ['snapctl dump x y --format kdump-z', ['kdump-zlib']],
  [`snapctl -c ${uri} snapshot-info snapped `, ['first', 'second']],
  [`snapctl -c ${uri} snapshot-create-as running x --diskspec vda,snapshot=e`, ['vda,snapshot=external']],
  ['snapctl snapshot-create x --xmlfile test/completions/doma', ['test/completions/domains.xml']],
  ['snapctl -c nosuch:///x dumpxml r', []],
])(
  '%s',
  async (line, expected) => {
    expect(await words(line)).toEqual(expected);
  },
  60_000,
);

test('with descriptions', async () => {
  expect(await offered('snapctl snapshot-rev')).toEqual(['snapshot-revert\tRevert a domain to a snapshot']);
  expect(await offered(`snapctl -c ${uri} dumpxml pau`)).toEqual(['paused\tpaused']);
}, 60_000);
