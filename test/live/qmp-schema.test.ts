import { expect, test } from '@jest/globals';
import { QmpClient, type SchemaEntry } from '../../src/qmp/index.js';
import { BareGuest, bothQemuPrograms } from '../support/qemu.js';
import { type Disagreement, TypedSchema } from '../support/typed-schema.js';

/** What is typed for newer versions than the first that we know, with the version that brought it. */
const since: readonly (readonly [what: RegExp, version: readonly [major: number, minor: number]])[] = [
  [/^migrate-set-parameters\.arguments\.mode|^query-migrate-parameters\.returns\.mode/, [8, 2]],
  [/=kdump-raw-(zlib|lzo|snappy)$/, [8, 2]],
  [/\.capability=mapped-ram$/, [9, 0]],
  [/\.status=postcopy-recover-setup$/, [9, 1]],
  [/^query-(named-block-nodes|block)\.returns\[\](\.inserted)?\.active$/, [10, 0]],
];

const isExpected = ({ at }: Disagreement, [major = 0, minor = 0]: readonly number[]): boolean =>
  since.some(
    ([what, version]) =>
      what.test(at) && (major < version[0] || (major === version[0] && minor < version[1])),
  );

async function schemaOf(guest: BareGuest): Promise<SchemaEntry[]> {
  const client = await QmpClient.connect(guest.monitor);
  try {
    return await client.execute('query-qmp-schema');
  } finally {
    await client.disconnect();
  }
}

test.each(bothQemuPrograms)(
  'what is typed of QMP is what %s has',
  async (_, find) => {
    using typed = new TypedSchema();
    expect(typed.commands.length).toBeGreaterThan(80);
    expect(typed.events.length).toBeGreaterThan(20);
    const program = await find();
    const version = program.version.split('.').map(Number);
    // Its machine is never let run: what it has is asked of the program.
    const guest = await BareGuest.start({ program, args: ['-S'], unready: true });
    try {
      const schema = await schemaOf(guest);
      expect(typed.disagreements(schema).filter((each) => !isExpected(each, version))).toEqual([]);
      // And what differs is found.
      const without = schema.map((entry) =>
        entry['meta-type'] === 'enum' || entry['meta-type'] === 'alternate' || !('members' in entry)
          ? entry
          : { ...entry, members: entry.members.filter(({ name }) => name !== 'top-node') },
      );
      expect(typed.disagreements(without)).toContainEqual({
        at: 'block-commit.arguments.top-node',
        problem: 'no such member',
      });
    } finally {
      await guest.dispose();
    }
  },
  240_000,
);
