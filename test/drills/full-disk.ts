import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { complaintsAbout } from './command.js';
import type { GuestDrill } from './drill.js';
import { examine } from './examine.js';
import { memoryFile, streamed } from './operations.js';

/** What a memory image of the drills' guest comes to, and what two overlays need, in MiB. */
const IMAGE = 130;
const OVERLAYS = 0.4;

/**
 * A disk that gets full somewhere in a snapshot. Memory goes to a tmpfs, where space is reserved before, or to an ext2,
 * which can't do that, so that the writing fails in the middle; or the overlays don't fit. Needs the right to mount.
 */
export const fullDisk: GuestDrill = {
  name: 'full disk',
  usual: 20,
  needsGuest: true,
  async run(world, random) {
    const operation = random.pick(streamed);
    const kind = random.pick(['tmpfs', 'ext2', 'ext2', 'overlays'] as const);
    const size = kind === 'overlays' ? random.between(0.02, OVERLAYS) : random.between(0.04, 1.1) * IMAGE;
    const folder = join(world.guest.folder, 'full');
    const image = join(world.guest.folder, 'full.image');
    mkdirSync(folder);
    if (kind === 'ext2') {
      writeFileSync(image, '');
      truncateSync(image, Math.ceil(size * 2 ** 20) + (4 << 20));
      execFileSync('/sbin/mke2fs', ['-q', '-F', '-t', 'ext2', '-m', '0', image]);
      execFileSync('mount', ['-o', 'loop', image, folder]);
    } else {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${Math.ceil(size * 1024)}k`, 'none', folder]);
    }
    try {
      const extra = ['vda', 'vdb'].flatMap((disk) => ['--diskspec', `${disk},file=${join(folder, disk)}`]);
      const { name, command } =
        kind === 'overlays' ? world.begin(operation, { extra }) : world.begin(operation, { folder });
      const result = await command.within(120_000);
      const findings = [...complaintsAbout(result), ...(await examine(world))];
      if (kind === 'overlays' && result.status === 0) findings.push('overlays fit where they should not');
      if (result.status === 0) {
        // It did fit. What is on the small disk goes, and with it the snapshot.
        const file = memoryFile(name, folder);
        if (!existsSync(file)) findings.push('the memory image is not where it should be');
        rmSync(file, { force: true });
        world.forget(name);
      } else if (!/[Nn]o space left|ENOSPC|cannot write|write failed/.test(result.stderr)) {
        findings.push(`the reason is not told: ${result.stderr}`);
      }
      const what = `${operation} ${name}: ${kind} of ${size.toFixed(2)} MiB, ended with ${result.status} ${result.stderr.trim()}`;
      return { what, findings };
    } finally {
      execFileSync('umount', [folder]);
      rmSync(folder, { recursive: true, force: true });
      rmSync(image, { force: true });
      world.forgetFolder(folder);
    }
  },
};
