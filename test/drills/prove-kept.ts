import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type QmpClient, queryBlockGraph } from '../../src/qmp/index.js';
import { backingFiles, guestDisks } from '../../src/snapshot/guest-disks.js';
import { compareRestored } from './one-instant.js';
import { checkImage } from './qemu-img.js';
import type { Random } from './random.js';
import { guestOptions, type World } from './world.js';

/**
 * At the end of a guest's life: one of the snapshots with memory that it has come to, whether a command took it to its
 * end or mending did, is started and must be of one instant; and all images are checked when QEMU has closed them.
 */
export async function proveKept(world: World, random: Random): Promise<string[]> {
  const qmp = await world.connect();
  const chains = guestDisks(await queryBlockGraph(qmp)).map(({ medium }) =>
    medium ? backingFiles(medium.image) : [],
  );
  await endGuest(qmp, world);
  const findings: string[] = [];
  for (const image of new Set(chains.flat())) {
    const { verdict, said } = checkImage(world.program, image);
    if (verdict !== 'clean') findings.push(`${image} in the end: ${verdict}: ${said}`);
  }
  const whole = [...world.memory].filter(([, file]) => existsSync(file));
  if (whole.length === 0) return findings;
  const [name, memory] = random.pick(whole);
  const disks = chains.map((chain, index) => {
    const overlay = chain.indexOf(join(world.guest.folder, `disk${index}.${name}`));
    return chain[overlay + 1] as string;
  });
  try {
    const { mismatches } = await compareRestored(world.program, { memory, disks }, guestOptions);
    findings.push(...mismatches.map((line) => `restored ${name}: ${line}`));
  } catch (error) {
    findings.push(`${name} cannot be restored: ${(error as Error).message}`);
  }
  return findings;
}

async function endGuest(qmp: QmpClient, world: World): Promise<void> {
  await qmp.execute('quit').catch(() => undefined);
  await world.guest.exited();
  await qmp.disconnect();
}
