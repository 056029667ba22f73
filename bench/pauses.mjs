#!/usr/bin/env node
/*
 * How long a guest stands still while a snapshot of its memory and disk is taken: ours beside other ways, on the same
 * guest in the same run; and how long going back takes.
 *
 *   pauses.mjs [--runs N] [--guests NAME[:RUNS],...] [--only PATTERN] [--no-revert] [--qemu 10] [--json FILE]
 *
 * Prints a table for each guest and which goals are met; ends with 1 if one is missed. Wants a quiet machine, the
 * built program, and what `npm test` installs.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { installedQemu } from '../test/support/bare-guest.mjs';
import { prepareQemu10 } from '../test/support/qemu10.mjs';
import { BareWorld } from './pauses/bare-world.mjs';
import { guests } from './pauses/guests.mjs';
import { LibvirtWorld } from './pauses/libvirt-world.mjs';
import { describeMachine } from './pauses/machine.mjs';
import { goalLines, judgeGoals, revertTable, snapshotTable } from './pauses/report.mjs';
import { measureRevert } from './pauses/revert.mjs';
import { measureRounds } from './pauses/rounds.mjs';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    guests: { type: 'string', default: Object.keys(guests).join(',') },
    only: { type: 'string', default: '' },
    revert: { type: 'boolean', default: true },
    qemu: { type: 'string', default: 'installed' },
    json: { type: 'string' },
  },
  allowNegative: true,
});
const wanted = values.guests.split(',').map((word) => {
  const [name, runs = values.runs] = word.split(':');
  if (!guests[name] || !(Number(runs) > 0)) {
    console.error(`error: no guest '${word}'; there are ${Object.keys(guests).join(', ')}`);
    process.exit(2);
  }
  return { name, runs: Number(runs) };
});
const say = (line) => console.error(line);
const only = (name) => new RegExp(values.only).test(name);

let world;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, async () => {
    await world?.dispose().catch(() => {});
    process.exit(1);
  });
}

const program = values.qemu === '10' ? await prepareQemu10({ say }) : installedQemu();
const machine = describeMachine(program);
const measured = {};
try {
  for (const { name, runs } of wanted) {
    measured[name] = await measureGuest(name, runs);
    // It takes long: what there is is kept, should it be cut short.
    writeReport();
  }
} finally {
  await world?.dispose();
}

console.log(
  Object.entries(machine)
    .map(([key, value]) => `${key}: ${value}`)
    .join('\n'),
);
for (const [name, { runs, snapshots, revert }] of Object.entries(measured)) {
  console.log(
    `\n${guests[name].title} (medians of ${runs}, least and most in brackets)\n\n${snapshotTable(snapshots)}`,
  );
  if (revert) console.log(`\n${revertTable(revert)}`);
}
const goals = judgeGoals(measured);
if (goals.length > 0) console.log(`\n${goalLines(goals)}`);
process.exitCode = goals.every(({ met }) => met) ? 0 : 1;

function writeReport() {
  if (values.json === undefined) return;
  const report = { date: new Date().toISOString(), machine, measured, goals: judgeGoals(measured) };
  writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
}

async function measureGuest(name, runs) {
  const options = guests[name];
  say(`${options.title}: under a bare QEMU`);
  world = await BareWorld.start(options, program);
  const snapshots = await measureRounds(world, runs, { only, say });
  const revert = values.revert && options.revert ? await measureRevert(world, runs, { say }) : undefined;
  await world.dispose();
  world = undefined;

  say(`${options.title}: under libvirt`);
  world = await LibvirtWorld.start(options);
  const { '(nothing)': _, ...others } = await measureRounds(world, runs, { only, say });
  await world.dispose();
  world = undefined;
  return { runs, snapshots: { ...snapshots, ...others }, ...(revert ? { revert } : {}) };
}
