import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openArchive, verifyArchive } from '../../src/archive/index.js';
import { queryBlockGraph } from '../../src/qmp/index.js';
import { guestDisks } from '../../src/snapshot/guest-disks.js';
import type { JournalRecord } from '../../src/snapshot/journal.js';
import { complaintsAbout, type RunningCommand } from './command.js';
import type { GuestDrill } from './drill.js';
import { examine, untilQuiet } from './examine.js';
import type { Random } from './random.js';
import type { World } from './world.js';

/** `chosen`: by snapctl, which then may change its mind. */
const methods = ['background', 'precopy', 'stopped', 'chosen'] as const;
/** How long an archive takes here from its journal's beginning, in ms; learned from those that were quicker. */
let length = 3000;
/** What an archive of the drills' guest comes to, in MiB. */
const ARCHIVE = 45;

interface Begun {
  readonly file: string;
  readonly method: string;
  readonly command: RunningCommand;
  /** The disks' files before. */
  readonly disks: readonly string[];
}

async function begin(world: World, random: Random, folder = world.guest.folder): Promise<Begun> {
  const method = random.pick(methods);
  const file = join(folder, 'drill.snap');
  const disks = await activeDisks(world);
  const words = method === 'chosen' ? [] : ['--method', method];
  const command = world.run('archive-create', 'tiny', file, '--live', ...words);
  return { file, method, command, disks };
}

async function activeDisks(world: World): Promise<string[]> {
  const qmp = await world.connect();
  try {
    return guestDisks(await queryBlockGraph(qmp)).map(({ medium }) => medium?.file ?? '');
  } finally {
    await qmp.disconnect();
  }
}

/** The guest is as it was, and the archive is whole or not there. What is there is removed. */
async function settled(world: World, { file, disks }: Begun): Promise<string[]> {
  const findings = await untilQuiet(world);
  if (existsSync(file)) {
    const archive = await openArchive(file).catch((error: Error) => error);
    if (archive instanceof Error) findings.push(`the archive is there, and not whole: ${archive.message}`);
    else {
      const { sound, damages } = await verifyArchive(archive);
      if (!sound) findings.push(`the archive is there, and damaged: ${damages[0]?.message}`);
      await archive.close();
    }
    if ((statSync(file).mode & 0o777) !== 0o600) findings.push('others may read the archive');
    rmSync(file);
  }
  const now = await activeDisks(world);
  if (now.join() !== disks.join()) findings.push(`the disks are on ${now.join(', ')}`);
  return [...findings, ...(await examine(world))];
}

const steps: readonly JournalRecord['step'][] = ['switching', 'streaming', 'finishing', 'completing'];

/** SIGKILL of archive-create at a random instant; its guardian has to mend. */
export const killArchive: GuestDrill = {
  name: 'kill archive',
  usual: 30,
  needsGuest: true,
  async run(world, random) {
    const begun = await begin(world, random);
    const { command, method } = begun;
    await world.untilJournal(command);
    const started = performance.now();
    if (random.fraction() < 0.5) {
      const step = random.pick(steps);
      await world.untilJournal(command, (record) => steps.indexOf(record.step) >= steps.indexOf(step));
      await delay(random.pick([0, random.between(0, 20), random.between(0, 300)]));
    } else {
      await Promise.race([delay(random.between(0, 1.1 * length)), command.ended]);
    }
    const step = world.journal()?.step ?? 'no journal';
    command.child.kill('SIGKILL');
    const result = await command.within(30_000);
    if (result.signal === null) length = performance.now() - started;
    const findings = complaintsAbout({ ...result, status: result.status ?? 0 });
    findings.push(...(await untilQuiet(world)));
    // What was mended is told by the next command, once.
    await world.run('list').within(60_000);
    findings.push(...(await settled(world, begun)));
    return { what: `${method}: ${result.signal ? `killed while ${step}` : 'was quicker'}`, findings };
  },
};

/** SIGKILL of archive-create and its guardian: `recover` mends. */
export const killArchiveBoth: GuestDrill = {
  name: 'kill archive both',
  usual: 10,
  needsGuest: true,
  async run(world, random) {
    const begun = await begin(world, random);
    const { command, method } = begun;
    await world.untilJournal(command);
    await Promise.race([delay(random.between(0, 1.1 * length)), command.ended]);
    const record = world.journal();
    if (record?.guardian) process.kill(record.guardian.pid, 'SIGKILL');
    command.child.kill('SIGKILL');
    await command.within(30_000);
    const findings: string[] = [];
    const mended = await world.run('recover').within(120_000);
    if (mended.status !== 0) findings.push(`recover ended with ${mended.status}: ${mended.stderr}`);
    findings.push(...(await settled(world, begun)));
    return { what: `${method}: killed while ${record?.step ?? 'no journal'}`, findings };
  },
};

/** SIGKILL of the process that writes the archive. On QEMU before 8.1 that hangs the guest until it is rescued. */
export const killArchiver: GuestDrill = {
  name: 'kill archiver',
  usual: 10,
  needsGuest: true,
  async run(world, random) {
    const begun = await begin(world, random);
    const { command, method } = begun;
    const record = await world.untilJournal(command, ({ memory }) => memory?.sink != null);
    await Promise.race([delay(random.between(0, length)), command.ended]);
    const sink = record?.memory?.sink;
    let harmed = false;
    try {
      if (sink && !command.over) process.kill(sink.pid, 'SIGKILL');
      harmed = true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
    const result = await command.within(150_000);
    const findings = [...complaintsAbout(result), ...(await settled(world, begun))];
    return { what: `${method}: ${harmed ? 'killed' : 'was quicker'}, ended with ${result.status}`, findings };
  },
};

/** A disk that gets full somewhere in an archive: in memory, in a disk, or in the index. Needs the right to mount. */
export const fullArchive: GuestDrill = {
  name: 'full archive',
  usual: 10,
  needsGuest: true,
  async run(world, random) {
    const folder = join(world.guest.folder, 'full');
    const image = join(world.guest.folder, 'full.image');
    const size = random.between(0.02, 1.05) * ARCHIVE;
    mkdirSync(folder);
    writeFileSync(image, '');
    truncateSync(image, Math.ceil(size * 2 ** 20) + (4 << 20));
    execFileSync('/sbin/mke2fs', ['-q', '-F', '-t', 'ext2', '-m', '0', image]);
    execFileSync('mount', ['-o', 'loop', image, folder]);
    try {
      const begun = await begin(world, random, folder);
      // Its folder belongs to the drill.
      world.memory.set('archive', begun.file);
      const result = await begun.command.within(120_000);
      const findings = complaintsAbout(result);
      if (result.status !== 0 && !/No space left|no space left/.test(result.stderr))
        findings.push(`the reason is not told: ${result.stderr}`);
      findings.push(...(await settled(world, begun)));
      const what = `${begun.method}: ${size.toFixed(1)} MiB, ended with ${result.status} ${result.stderr.trim()}`;
      return { what, findings };
    } finally {
      execFileSync('umount', [folder]);
      rmSync(folder, { recursive: true, force: true });
      rmSync(image, { force: true });
      world.forgetFolder(folder);
    }
  },
};
