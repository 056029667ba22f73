import { setTimeout as delay } from 'node:timers/promises';
import type { JournalRecord, JournalStep } from '../../src/snapshot/journal.js';
import { complaintsAbout, type RunningCommand } from './command.js';
import type { DrillResult, TreeDrill } from './drill.js';
import { examineTree, untilTreeQuiet } from './examine-tree.js';
import type { Random } from './random.js';
import type { Taken, TreeWorld } from './tree-world.js';

const LOOK_MS = 1;
/** Of all kills, those that come while the command is still getting ready. */
const EARLY = 0.1;
/** Of all kills, those that take the guardian along. */
const BOTH = 0.3;
/** How long an operation takes from its journal's beginning to its end, in ms, as last seen here. */
const lengths: Record<string, number> = { revert: 2000, delete: 1200 };

/** When to strike, decided before. */
interface Strike {
  readonly early: number | undefined;
  /** Share of the usual length. */
  readonly share: number;
  readonly point: ((record: JournalRecord) => boolean) | undefined;
  readonly after: number;
  readonly both: boolean;
}

function chooseStrike(random: Random, points: readonly ((record: JournalRecord) => boolean)[]): Strike {
  return {
    early: random.fraction() < EARLY ? random.between(50, 900) : undefined,
    share: random.between(0, 1.1),
    point: random.fraction() < 0.6 ? random.pick(points) : undefined,
    after: random.pick([0, 0, random.between(0, 15), random.between(0, 150)]),
    both: random.fraction() < BOTH,
  };
}

interface Struck {
  readonly at: string;
  /** It was killed while there was a journal. */
  readonly cutOff: boolean;
  /** It came to its end before. */
  readonly ended: boolean;
  readonly both: boolean;
  readonly findings: string[];
}

/** Kills a command, and its guardian if so decided, at the instant. */
async function strike(
  world: TreeWorld,
  kind: string,
  command: RunningCommand,
  { early, share, point, after, both }: Strike,
): Promise<Struck> {
  const untilJournal = async (fits: (record: JournalRecord) => boolean): Promise<void> => {
    for (let record = world.journal(); !command.over && !(record && fits(record)); record = world.journal())
      await delay(LOOK_MS);
  };
  const wait = (milliseconds: number) => Promise.race([delay(milliseconds), command.ended]);
  let started = performance.now();
  if (early !== undefined) await wait(early);
  else {
    await untilJournal(() => true);
    started = performance.now();
    if (point) {
      await untilJournal(point);
      if (after > 0) await wait(after);
    } else await wait(share * (lengths[kind] ?? 1500));
  }
  const before = world.journal();
  if (both && before?.guardian) kill(before.guardian.pid);
  command.child.kill('SIGKILL');
  const milliseconds = Math.round(performance.now() - started);
  const seen = before !== undefined && world.journal() !== undefined;
  const result = await command.within(60_000);
  // A killed process may carry a system call to its end: where nobody mends, only now is it sure.
  const cutOff = both ? world.journal() !== undefined : seen;
  const ended = result.signal === null;
  if (ended && early === undefined) lengths[kind] = performance.now() - started;
  const step = before?.deletion
    ? `${before.step} ${before.deletion.done}/${before.deletion.steps.length}`
    : (before?.step ?? 'no journal');
  const at = ended
    ? 'was quicker'
    : `killed${both ? ' with its guardian' : ''} ${milliseconds} ms in, ${step}`;
  return {
    at,
    cutOff: cutOff && !ended,
    ended,
    both,
    findings: complaintsAbout({ ...result, status: result.status ?? 0 }),
  };
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Has it mended, by the guardian or by hand, and the next command tell of it. @returns findings, and what became of it */
async function mended(world: TreeWorld, name: string, struck: Struck): Promise<[string[], string]> {
  const findings: string[] = [];
  let told: string;
  if (struck.both && struck.cutOff) {
    const refused = await world.run('suspend', 'tiny').within(90_000);
    if (refused.status !== 1 || !refused.stderr.includes('snapctl recover'))
      findings.push(`the next command was not refused: ${refused.status} ${refused.stderr}`);
    const reading = await world.run('domstate', 'tiny', '--reason').within(60_000);
    // Between two QEMUs there is nobody to ask; then that is what it says.
    if (reading.status !== 0 && !reading.stderr.includes('snapctl recover'))
      findings.push(`domstate ended with ${reading.status}: ${reading.stderr}`);
    const recovered = await world.run('recover').within(180_000);
    if (recovered.status !== 0) findings.push(`recover ended with ${recovered.status}: ${recovered.stderr}`);
    told = recovered.stdout + recovered.stderr;
  } else {
    findings.push(...(await untilTreeQuiet(world)));
    const next = await world.run('list').within(60_000);
    if (next.status !== 0) findings.push(`list ended with ${next.status}: ${next.stderr}`);
    told = next.stdout + next.stderr;
  }
  // By now, what was mended is told of, once.
  if (struck.cutOff && !told.includes(`'${name}'`)) findings.push(`what was mended is not told: ${told}`);
  const outcome = /and has been (\w+)|and was (\w+)|(the guest has ended)/.exec(told);
  return [findings, outcome?.[1] ?? outcome?.[2] ?? outcome?.[3] ?? ''];
}

const revertSteps: readonly JournalStep[] = ['preparing', 'streaming', 'finishing', 'completing'];

/** SIGKILL of a revert, of its guardian too now and then. */
export const killRevert: TreeDrill = {
  name: 'kill revert',
  usual: 120,
  needsGuest: 'tree',
  async run(world, random): Promise<DrillResult> {
    await world.grow(random);
    const choices = [...world.taken.values()];
    const withMemory = choices.filter(({ memory }) => memory !== undefined);
    // A start from power-on takes an emulated guest long.
    const target = random.pick(random.fraction() < 0.07 ? choices : withMemory);
    const paused = target.memory !== undefined && random.fraction() < 0.2;
    const words = [...(target.memory === undefined ? ['--force'] : []), ...(paused ? ['--paused'] : [])];
    const points = revertSteps.map(
      (step) => (record: JournalRecord) => revertSteps.indexOf(record.step) >= revertSteps.indexOf(step),
    );
    const choice = chooseStrike(random, points);
    const [pid] = world.qemus;
    const from = world.guest.serial.end();
    const command = world.run('snapshot-revert', 'tiny', target.name, ...words);
    const struck = await strike(world, 'revert', command, choice);
    const [findings, outcome] = await mended(world, target.name, struck);
    const now = world.qemus[0];
    const went = now !== pid;
    if (struck.ended && !went) findings.push('it said that it went back, and the same QEMU runs');
    if (went && target.memory === undefined)
      await world.guest.serial.waitFor(/^ready/, { from, timeout: 180_000 });
    findings.push(...struck.findings, ...(await examineTree(world, { paused: paused && went })));
    if (went) {
      const current = await world.store.current();
      if (current !== target.name) findings.push(`the current snapshot is ${current}`);
      if (paused) await world.must('resume', 'tiny');
      findings.push(...(await countsFrom(world, target, from)));
    }
    const what = `${target.name} ${words.join(' ')}: ${struck.at} ${outcome}, ${went ? 'the new QEMU runs' : 'the old QEMU runs'}`;
    return { what, findings: [...struck.findings, ...findings] };
  },
};

/** Whether the guest went on from the snapshot's moment. */
async function countsFrom(world: TreeWorld, { span, name }: Taken, from: number): Promise<string[]> {
  try {
    await world.guest.nextCounter({ timeout: 60_000 });
  } catch (error) {
    return [`gone back to ${name}, it does not count: ${(error as Error).message}`];
  }
  const numbers = world.guest.serial.numbers('counter', from);
  // Back or forward: the old guest may itself have come from an earlier moment.
  const jump = numbers.findIndex((number, index) => index > 0 && number !== (numbers[index - 1] ?? 0) + 1);
  const first = numbers[Math.max(jump, 0)] ?? -1;
  // It may have gone unsaid that the last one before the snapshot was counted.
  if (first >= span[0] && first <= span[1] + 1) return [];
  return [`gone back to ${name} (${span.join(' to ')}) it counts from ${first}: ${numbers.join(' ')}`];
}

/** SIGKILL of a deletion, of its guardian too now and then; then the deletion is finished. */
export const killDelete: TreeDrill = {
  name: 'kill delete',
  usual: 80,
  needsGuest: 'tree',
  async run(world, random): Promise<DrillResult> {
    await world.grow(random);
    if (random.fraction() < 0.7) await world.fill(random, 6);
    const target = random.pick([...world.taken.values()]);
    const children = random.fraction() < 0.15 ? ['--children'] : [];
    const slow = random.fraction() < 0.6 ? ['--bandwidth', '8M'] : [];
    const points = Array.from(
      { length: 8 },
      (_, done) => (record: JournalRecord) =>
        (record.deletion?.done ?? 0) >= Math.min(done, (record.deletion?.steps.length ?? 1) - 1),
    );
    const choice = chooseStrike(random, points);
    const command = world.run('snapshot-delete', 'tiny', target.name, ...children, ...slow);
    const struck = await strike(world, 'delete', command, choice);
    const [findings, outcome] = await mended(world, target.name, struck);
    findings.push(...struck.findings, ...(await examineTree(world)));
    let again = '';
    if (await world.store.find(target.name)) {
      if (struck.ended) findings.push('it said that it was deleted, and it is there');
      const second = await world.run('snapshot-delete', 'tiny', target.name, ...children).within(180_000);
      if (second.status !== 0) findings.push(`deleting again ended with ${second.status}: ${second.stderr}`);
      again = ', deleted again';
      findings.push(...(await examineTree(world)));
    }
    const there = new Set((await world.store.list()).map(({ name }) => name));
    for (const name of world.taken.keys()) if (!there.has(name)) world.taken.delete(name);
    const what = `${target.name} ${[...children, ...slow].join(' ')}: ${struck.at} ${outcome}${again}`;
    return { what, findings };
  },
};
