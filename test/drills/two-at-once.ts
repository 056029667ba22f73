import { setTimeout as delay } from 'node:timers/promises';
import type { GuestDrill } from './drill.js';
import { examine } from './examine.js';
import { operations } from './operations.js';

/** A user who has to wait longer than this thinks that it hangs. */
const PROMPT_MS = 9_000;

/** Two snapctls at once on one guest: the second is refused, clearly and soon, and does the first no harm. */
export const twoAtOnce: GuestDrill = {
  name: 'two at once',
  usual: 12,
  needsGuest: true,
  async run(world, random) {
    const operation = random.pick(operations);
    const first = world.begin(operation);
    await world.untilJournal(first.command);
    await delay(random.between(0, 300));
    const second = world.begin('disks');
    const refused = await second.command.within(60_000);
    const collided = !first.command.over;
    const done = await first.command.within(120_000);
    const findings: string[] = [];
    if (done.status !== 0) findings.push(`the first ended with ${done.status}: ${done.stderr}`);
    if (collided) {
      if (refused.status === 0) findings.push('the second was let in');
      if (!/busy|another client/.test(refused.stderr))
        findings.push(`the second was told: ${refused.stderr}`);
      if (refused.milliseconds > PROMPT_MS)
        findings.push(`refused after ${Math.round(refused.milliseconds)} ms`);
    }
    findings.push(...(await examine(world)));
    const what = `${operation} ${first.name}: ${collided ? 'met' : 'missed each other'}, the second ended with ${refused.status} after ${Math.round(refused.milliseconds)} ms ${refused.stderr.trim()}`;
    return { what, findings };
  },
};
