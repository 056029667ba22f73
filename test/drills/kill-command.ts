import { setTimeout as delay } from 'node:timers/promises';
import type { JournalStep } from '../../src/snapshot/journal.js';
import { complaintsAbout } from './command.js';
import type { GuestDrill } from './drill.js';
import { examine, untilQuiet } from './examine.js';
import { type Operation, operations } from './operations.js';

/** How long each operation takes from its journal's beginning to its end, in ms, as last seen here. */
const lengths = new Map<Operation, number>();
const FIRST_GUESS_MS = 1500;
const steps: readonly JournalStep[] = [
  'preparing',
  'freezing',
  'switching',
  'streaming',
  'finishing',
  'completing',
];
/** Of all kills, those that come while the command is still getting ready. */
const EARLY = 0.1;

/** SIGKILL of the command at a random instant; its guardian has to mend. */
export const killCommand: GuestDrill = {
  name: 'kill command',
  usual: 200,
  needsGuest: true,
  async run(world, random) {
    const operation = random.pick(operations);
    const early = random.fraction() < EARLY;
    const wait = early
      ? random.between(50, 700)
      : random.between(0, 1.1 * (lengths.get(operation) ?? FIRST_GUESS_MS));
    const { name, command } = world.begin(operation);
    // The short steps would hardly ever be hit by chance.
    const step = !early && random.fraction() < 0.5 ? random.pick(steps) : undefined;
    const begun = early ? undefined : await world.untilJournal(command);
    const started = performance.now();
    if (step) {
      await world.untilJournal(command, (record) => steps.indexOf(record.step) >= steps.indexOf(step));
      await delay(random.pick([0, 0, random.between(0, 20), random.between(0, 200)]));
    } else {
      await Promise.race([delay(wait), command.ended]);
    }
    const before = world.journal();
    command.child.kill('SIGKILL');
    const after = Math.round(performance.now() - started);
    const cutOff = before !== undefined && world.hasJournal;
    const result = await command.within(30_000);
    if (result.signal === null && begun) lengths.set(operation, performance.now() - started);
    const findings = [...complaintsAbout({ ...result, status: result.status ?? 0 })];
    findings.push(...(await untilQuiet(world)));
    // What was mended behind the user's back is told by the next command, once.
    const next = await world.run('list').within(60_000);
    if (next.status !== 0) findings.push(`list ended with ${next.status}: ${next.stderr}`);
    const told = `${next.stdout}${next.stderr}`;
    if (cutOff && result.signal && !told.includes(`'${name}'`)) {
      findings.push(`the next command doesn't tell what was mended: ${told}`);
    }
    findings.push(...(await examine(world)));
    const at = result.signal ? `killed ${after} ms in, ${before?.step ?? 'no journal'}` : 'was quicker';
    const outcome = /and has been (\w+)/.exec(told)?.[1] ?? '';
    return { what: `${operation} ${name}: ${at} ${outcome}`, findings };
  },
};

/** SIGKILL of the command and its guardian at once: the next command refuses, `recover` mends. */
export const killBoth: GuestDrill = {
  name: 'kill both',
  usual: 50,
  needsGuest: true,
  async run(world, random) {
    const operation = random.pick(operations);
    const wait = random.between(0, 1.1 * (lengths.get(operation) ?? FIRST_GUESS_MS));
    const { name, command } = world.begin(operation);
    await world.untilJournal(command);
    await Promise.race([delay(wait), command.ended]);
    const record = world.journal();
    if (record?.guardian) process.kill(record.guardian.pid, 'SIGKILL');
    command.child.kill('SIGKILL');
    const cutOff = record !== undefined && world.hasJournal;
    const result = await command.within(30_000);
    const findings: string[] = [];
    if (cutOff) {
      const refused = await world.run('suspend', 'tiny').within(90_000);
      if (refused.status !== 1 || !refused.stderr.includes('snapctl recover')) {
        findings.push(`the next command was not refused: ${refused.status} ${refused.stderr}`);
      }
      const reading = await world.run('domstate', 'tiny', '--reason').within(60_000);
      if (reading.status !== 0) findings.push(`domstate ended with ${reading.status}: ${reading.stderr}`);
    }
    const mended = await world.run('recover').within(120_000);
    if (mended.status !== 0) findings.push(`recover ended with ${mended.status}: ${mended.stderr}`);
    findings.push(...(await examine(world)));
    const at = result.signal
      ? `killed ${Math.round(wait)} ms in, ${record?.step ?? 'no journal'}`
      : 'was quicker';
    const outcome = /was cut off and has been (\w+)/.exec(mended.stdout)?.[1] ?? '';
    return { what: `${operation} ${name}: ${at} ${outcome}`, findings };
  },
};
