import { fileURLToPath } from 'node:url';
import { describe, expect, jest, test } from '@jest/globals';
import { runDrills } from '../drills/main.js';
import { longForm } from '../support/long-form.js';
import { qemuPrograms } from '../support/qemu.js';

// Some seconds each on an idle machine, emulated guests on a busy one take their time.
jest.setTimeout(600_000);

const snapctl = fileURLToPath(new URL('../../dist/snapctl.js', import.meta.url));

/** The short form: a few of each kind, always the same choices. The long form is test/drills/run.mjs. */
const few: Readonly<Record<string, number>> = {
  'kill command': 1,
  'kill both': 1,
  'kill sink': 1,
  'full disk': process.getuid?.() === 0 ? 1 : 0,
  'slow agent': 1,
  'two at once': 1,
  'kill qemu': 1,
  'bad socket': 1,
  'kill revert': 1,
  'kill delete': 1,
  'full tree': process.getuid?.() === 0 ? 1 : 0,
  'kill archive': 1,
  'kill archiver': 1,
  'full archive': process.getuid?.() === 0 ? 1 : 0,
};

/** What has live tests of its own besides. */
const coveredElsewhere = [
  'kill both',
  'slow agent',
  'two at once',
  'bad socket',
  'kill revert',
  'kill delete',
];

/** The two that take longest are shared between the versions; the long form runs everything on both. */
const leftOut: Readonly<Record<string, string>> = {
  'the installed QEMU': 'slow agent',
  'QEMU 10': 'kill qemu',
};

describe.each(qemuPrograms)('whatever is killed, stopped or starved on %s', (version, find) => {
  const kinds = Object.keys(few).filter(
    (kind) => kind !== leftOut[version] && (longForm || !coveredElsewhere.includes(kind)),
  );

  test('the guest goes on and nothing is left in part', async () => {
    const total = await runDrills({
      seed: 20,
      count: (kind) => few[kind] ?? 0,
      only: kinds,
      program: await find(),
      snapctl,
    });
    expect([...total.values()].flatMap(({ findings }) => findings)).toEqual([]);
    for (const kind of kinds) expect(total.get(kind)?.run).toBe(few[kind]);
  });
});
