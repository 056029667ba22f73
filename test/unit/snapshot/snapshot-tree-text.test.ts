import { expect, test } from '@jest/globals';
import {
  type ForecastContext,
  forecastDelete,
  forecastRevert,
} from '../../../commands/snapshot/snapshot-forecast.js';
import type { SnapshotFacts } from '../../../commands/snapshot/snapshot-tree.js';
import { detailLines, treeText } from '../../../commands/snapshot/snapshot-tree-text.js';

const MIB = 2 ** 20;

function facts(name: string, parent: string | undefined, more: Partial<SnapshotFacts> = {}): SnapshotFacts {
  return {
    snapshot: {} as SnapshotFacts['snapshot'],
    name,
    current: false,
    kind: 'internal',
    memory: true,
    files: [],
    bytes: undefined,
    ...more,
    description: {
      name,
      description: undefined,
      state: 'running',
      creationTime: undefined,
      parent,
      memory: undefined,
      disks: [],
      location: 'internal',
      ...more.description,
    },
  };
}

const external = facts('ext', 'base', {
  kind: 'external',
  current: true,
  bytes: 102 * MIB,
  files: [
    { what: 'memory', file: '/s/ext.mem', bytes: 100 * MIB },
    { what: 'vda', file: '/s/ext.qcow2', bytes: 2 * MIB },
  ],
});
const all = [
  facts('base', undefined, { bytes: 1.5 * MIB }),
  external,
  facts('side', 'base'),
  facts('lost', 'gone'),
];
const disks = [
  { target: 'vda', file: '/i/vda.qcow2', format: 'qcow2' },
  { target: 'vdb', file: '/i/vdb.raw', format: 'raw' },
];
const know: ForecastContext = { all, disks, version: 9_000_000 };

test('the tree marks the current snapshot, kinds and sizes', () => {
  expect(treeText(all)).toBe(
    [
      '○ base  internal, memory, running, 1.5 MiB',
      '├─ ● ext (current)  external, memory, running, 102 MiB',
      '└─ ○ side  internal, memory, running',
      '○ lost  internal, memory, running',
      '',
    ].join('\n'),
  );
  expect(treeText([facts('a', 'b'), facts('b', 'a')])).toBe('');
});

test('details name every file', () => {
  expect(detailLines(external)).toEqual([
    'Name:      ext (current)',
    'Kind:      external, memory, running, 102 MiB',
    'Parent:    base',
    'Memory:    /s/ext.mem, 100 MiB',
    'Vda:       /s/ext.qcow2, 2.0 MiB',
  ]);
});

test('what libvirt will do to which files', async () => {
  expect(await forecastDelete(external, know)).toEqual([
    "Memory: '/s/ext.mem' stays behind, of no use any more",
    "Disk vda: '/s/ext.qcow2' is merged into what it lies on, and removed",
    'The guest goes on as it is: nothing of the present is lost',
  ]);
  expect(await forecastRevert(external, know)).toContain(
    'This libvirt refuses to go back to external snapshots (9.9 and newer can)',
  );
  const [base] = all as [SnapshotFacts];
  expect(await forecastRevert(base, know)).toEqual([
    "Disk vda: '/i/vda.qcow2' goes back to how it was; what was written since is lost",
    'The guest goes on from the saved memory, running; what it has in memory now is lost',
  ]);
  expect(await forecastDelete(base, know)).toEqual([
    "Disk vda: the snapshot inside '/i/vda.qcow2' is removed",
    'The guest goes on as it is: nothing of the present is lost',
    "'ext', 'side' become roots",
  ]);
});

test('a driver’s own plan is believed more', async () => {
  const planned = {
    ...external,
    snapshot: {
      planDelete: async () => ({
        snapshots: ['ext'],
        merges: [],
        remove: [{ file: '/s/ext.mem', bytes: MIB }],
        kept: [],
        bytes: 0,
      }),
    } as unknown as SnapshotFacts['snapshot'],
  };
  expect(await forecastDelete(planned, know)).toEqual([
    'Deletes: ext',
    "Removes: '/s/ext.mem', 1.000 MiB",
    'Copies: about 0.000 B',
  ]);
});
