import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { complaintsAbout } from './command.js';
import type { DrillResult, TreeDrill } from './drill.js';
import { examineTree } from './examine-tree.js';
import type { TreeWorld } from './tree-world.js';

/** Takes all but some bytes of a file system. @returns the file to be removed */
function fillUp(folder: string, leave: number): string {
  const file = join(folder, 'filler');
  const { bavail, bsize } = statfsSync(folder);
  const bytes = Math.max(0, bavail * bsize - leave);
  writeFileSync(file, Buffer.alloc(bytes, 0xff));
  return file;
}

const kinds = ['overlays', 'keep', 'merge', 'state revert', 'state delete'] as const;

/**
 * A disk that gets full somewhere in a revert or a deletion: where the new overlays go, the image of the state that is
 * to be kept, what images are merged into, or the journal. Afterwards there is room again, and it must succeed.
 */
export const fullTree: TreeDrill = {
  name: 'full tree',
  usual: 20,
  needsGuest: 'tree',
  async run(world, random): Promise<DrillResult> {
    const kind = random.pick(kinds);
    const folder = join(world.guest.folder, 'full');
    mkdirSync(folder);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=192m', 'none', folder]);
    const findings: string[] = [];
    let what = kind as string;
    try {
      // The guest's own disks are elsewhere: it must not be the one that finds no room.
      const spec = (name: string) => ['--diskspec', `vdc,file=${join(folder, name)}`];
      const first = await world.take(true, spec(`one${world.taken.size}`), folder);
      await world.fill(random, 8);
      const second = await world.take(random.fraction() < 0.5, spec(`two${world.taken.size}`));
      await world.fill(random, 8);
      const words = {
        overlays: ['snapshot-revert', 'tiny', first.name],
        keep: ['snapshot-revert', 'tiny', first.name, '--keep', 'kept'],
        merge: ['snapshot-delete', 'tiny', second.name],
        'state revert': ['snapshot-revert', 'tiny', first.name],
        'state delete': ['snapshot-delete', 'tiny', random.pick([first, second]).name],
      }[kind];
      const room = {
        overlays: random.between(0, 260_000),
        keep: random.between(0, 120 * 2 ** 20),
        merge: random.between(0, 7 * 2 ** 20),
        'state revert': random.between(0, 60_000),
        'state delete': random.between(0, 60_000),
      }[kind];
      const full = kind.startsWith('state') ? (world.stateMount as string) : folder;
      const [pid] = world.qemus;
      const filler = fillUp(full, room);
      const result = await world.run(...words).within(180_000);
      const fresh = world.qemus[0] !== pid;
      what += ` with ${Math.round(room / 1024)} KiB left: ended with ${result.status} ${result.stderr.trim()}`;
      findings.push(...complaintsAbout(result));
      if (result.status === 0 && words[0] === 'snapshot-revert' && !fresh)
        findings.push('it said that it went back, and did not');
      if (result.status !== 0 && !/[Nn]o space left|ENOSPC|cannot write|write failed/.test(result.stderr))
        findings.push(`the reason is not told: ${result.stderr}`);
      findings.push(...(await guestRuns(world, 'while there is no room')));
      rmSync(filler);
      // What could not be written down is mended now.
      const recovered = await world.run('recover').within(180_000);
      if (recovered.status !== 0)
        findings.push(`recover ended with ${recovered.status}: ${recovered.stderr}`);
      if (result.status === 0 && kind === 'keep') await forgetKept(world);
      findings.push(...(await examineTree(world)));
      if (result.status !== 0 && kind !== 'keep') {
        const name = words[2] ?? '';
        if ((await world.store.find(name)) !== undefined) await world.must(...words);
        findings.push(...(await examineTree(world)));
      }
      await emptyTree(world);
      findings.push(...(await examineTree(world)));
    } finally {
      execFileSync('umount', ['-l', folder]);
      rmSync(folder, { recursive: true, force: true });
    }
    return { what, findings };
  },
};

async function guestRuns(world: TreeWorld, when: string): Promise<string[]> {
  try {
    await world.guest.nextCounter({ timeout: 60_000 });
    return [];
  } catch {
    return [`the guest stands still ${when}`];
  }
}

async function forgetKept(world: TreeWorld): Promise<void> {
  await world.must('snapshot-delete', 'tiny', 'kept');
}

/** Deletes all snapshots; what is on the small file system goes with them. */
async function emptyTree(world: TreeWorld): Promise<void> {
  for (const { name } of await world.store.list()) await world.must('snapshot-delete', 'tiny', name);
  world.taken.clear();
  if (existsSync(join(world.guest.folder, 'full', 'filler'))) throw new Error('the filler is still there');
}
