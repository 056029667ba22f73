import { existsSync, readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { SnapshotStore } from '../../src/snapshot/snapshot-store.js';
import { complaintsAbout } from './command.js';
import type { LoneDrill, Surroundings } from './drill.js';
import { leftFiles, untilQuiet } from './examine.js';
import { isInternal, operations } from './operations.js';
import { checkImage } from './qemu-img.js';
import { World } from './world.js';

const LENGTH_MS = 2000;
/** Chains of images grow with every snapshot: fresh ones are taken after so many drills. */
const DRILLS_PER_IMAGES = 6;

/** The guest for the next drill: the one that was started again from what the last kill left. */
let heir: World | undefined;
let used = 0;
/** Folders of guests that are gone, in which the images are that the heir is on. */
const kept = new Set<string>();

/** SIGKILL of QEMU at a random instant of a snapshot: what is left can be started again, and is the next one's guest. */
export const killQemu: LoneDrill = {
  name: 'kill qemu',
  usual: 50,
  needsGuest: false,
  async run(surroundings, random) {
    if (used >= DRILLS_PER_IMAGES) await finish();
    const world = heir ?? (await World.create(surroundings.program, surroundings.snapctl));
    heir = undefined;
    used += 1;
    try {
      const operation = random.pick(operations);
      const before = new Set(readdirSync(world.images));
      const { name, command } = world.begin(operation, { name: `s${used}` });
      await world.untilJournal(command);
      const wait = random.between(0, LENGTH_MS);
      await Promise.race([delay(wait), command.ended]);
      const step = world.journal()?.step;
      process.kill(world.guest.pid, 'SIGKILL');
      await world.guest.exited();
      const result = await command.within(120_000);
      const findings = [...complaintsAbout(result), ...(await untilQuiet(world)), ...leftFiles(world)];
      const { tops, wrong } = await checkRemains(world, name, before);
      findings.push(...wrong);
      if (findings.length === 0) findings.push(...(await startAgain(surroundings, tops)));
      const what = `${operation} ${name}: ${step ?? 'not under way'} ${Math.round(wait)} ms in, ended with ${result.status}`;
      return { what, findings };
    } finally {
      kept.add(world.guest.folder);
      await world.dispose({ keep: true });
    }
  },
  finish,
};

async function finish(): Promise<void> {
  const last = heir;
  heir = undefined;
  used = 0;
  await last?.dispose();
  for (const folder of kept) rmSync(folder, { recursive: true, force: true });
  kept.clear();
}

/** Looks at the files of a guest that is gone. @param before what its images' folder held. @returns the images to start it on */
async function checkRemains(
  world: World,
  name: string,
  before: ReadonlySet<string>,
): Promise<{ tops: string[]; wrong: string[] }> {
  const { folder, disks } = world.guest;
  const wrong: string[] = [];
  const listed = (await new SnapshotStore(world.state).find(name)) !== undefined;
  const overlays = disks.map((_, index) => join(world.images, `disk${index}.${name}`));
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
  const known = new Set(['monitor', 'agent', 'serial', 'state', 't', ...disks.map((disk) => basename(disk))]);
  for (const place of new Set([folder, world.images])) {
    for (const file of readdirSync(place)) {
      const path = join(place, file);
      if (known.has(file) || (place === world.images && before.has(file))) continue;
      if (![...there, memory].includes(path)) wrong.push(`file left: ${path}`);
    }
  }
  for (const image of [...disks, ...there]) {
    const { verdict, said } = checkImage(world.program, image);
    if (verdict === 'broken') wrong.push(`${image}: ${said}`);
  }
  return { tops: disks.map((disk, index) => there.find((file) => file === overlays[index]) ?? disk), wrong };
}

async function startAgain({ program, snapctl }: Surroundings, images: readonly string[]): Promise<string[]> {
  try {
    heir = await World.create(program, snapctl, images);
    const before = await heir.guest.nextCounter();
    return (await heir.guest.nextCounter()) > before
      ? []
      : ['the guest that was started again does not count'];
  } catch (error) {
    return [`the guest cannot be started again: ${(error as Error).message}`];
  }
}
