import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { SnapshotStore } from '../../src/snapshot/snapshot-store.js';
import { BareGuest } from '../support/qemu.js';
import { complaintsAbout } from './command.js';
import type { LoneDrill } from './drill.js';
import { leftFiles, untilQuiet } from './examine.js';
import { isInternal, operations } from './operations.js';
import { checkImage } from './qemu-img.js';
import { guestOptions, World } from './world.js';

const LENGTH_MS = 2000;

/** SIGKILL of QEMU at a random instant of a snapshot: what is left can be started again. */
export const killQemu: LoneDrill = {
  name: 'kill qemu',
  usual: 50,
  needsGuest: false,
  async run({ program, snapctl }, random) {
    const world = await World.create(program, snapctl);
    try {
      const operation = random.pick(operations);
      const { name, command } = world.begin(operation);
      await world.untilJournal(command);
      const wait = random.between(0, LENGTH_MS);
      await Promise.race([delay(wait), command.ended]);
      const step = world.journal()?.step;
      process.kill(world.guest.pid, 'SIGKILL');
      await world.guest.exited();
      const result = await command.within(120_000);
      const findings = [...complaintsAbout(result), ...(await untilQuiet(world)), ...leftFiles(world)];
      const { tops, wrong } = await checkRemains(world, name);
      findings.push(...wrong);
      if (wrong.length === 0) findings.push(...(await startAgain(world, tops)));
      const what = `${operation} ${name}: ${step ?? 'not under way'} ${Math.round(wait)} ms in, ended with ${result.status}`;
      return { what, findings };
    } finally {
      await world.dispose();
    }
  },
};

/** Looks at the files of a guest that is gone. @returns the images to start it on */
async function checkRemains(world: World, name: string): Promise<{ tops: string[]; wrong: string[] }> {
  const { folder, disks } = world.guest;
  const wrong: string[] = [];
  const listed = (await new SnapshotStore(world.state).find(name)) !== undefined;
  const overlays = disks.map((_, index) => join(folder, `disk${index}.${name}`));
  const there = overlays.filter((file) => existsSync(file));
  const memory = world.memory.get(name);
  const external = !isInternal(world.asked.get(name) ?? 'disks');
  if (external && listed && there.length < overlays.length)
    wrong.push('the snapshot is listed, but lacks overlays');
  if (memory !== undefined && existsSync(memory) !== listed) {
    wrong.push(
      `the snapshot is ${listed ? '' : 'not '}listed, its memory image is ${listed ? 'not ' : ''}there`,
    );
  }
  const known = new Set(['monitor', 'agent', 'serial', 'state', 't']);
  for (const file of readdirSync(folder).filter((entry) => !known.has(entry))) {
    const path = join(folder, file);
    if (![...disks, ...there, memory].includes(path)) wrong.push(`file left: ${path}`);
  }
  for (const image of [...disks, ...there]) {
    const { verdict, said } = checkImage(world.program, image);
    if (verdict === 'broken') wrong.push(`${image}: ${said}`);
  }
  return { tops: disks.map((disk, index) => there.find((file) => file === overlays[index]) ?? disk), wrong };
}

async function startAgain(world: World, images: readonly string[]): Promise<string[]> {
  try {
    const guest = await BareGuest.start({ ...guestOptions, program: world.program, images });
    try {
      const before = await guest.nextCounter();
      return (await guest.nextCounter()) > before ? [] : ['the guest that was started again does not count'];
    } finally {
      await guest.dispose();
    }
  } catch (error) {
    return [`the guest cannot be started again: ${(error as Error).message}`];
  }
}
