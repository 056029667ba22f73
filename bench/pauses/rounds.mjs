import { setTimeout as delay } from 'node:timers/promises';
import { milliseconds } from './clock.mjs';

/** Milliseconds for the guest and the disk to settle before each measurement. */
const SETTLE_MS = 500;
/** Over how long the heartbeat is watched where nothing is done: what a machine's own unrest makes of it. */
const CALM_MS = 1000;

/**
 * Tries every method of a world in turn, so many rounds of it: what changes over time changes for all of them.
 * @returns {Promise<Record<string, object[]>>} for each method what each try gave
 */
export async function measureRounds(world, rounds, { only = () => true, say }) {
  const results = { '(nothing)': [] };
  const methods = Object.entries(world.methods).filter(([name]) => only(name));
  for (let round = 1; round <= rounds; round++) {
    const from = milliseconds();
    await delay(CALM_MS);
    results['(nothing)'].push({ gapMs: await world.heartbeat.longestSilence(from, milliseconds()) });
    for (const [name, take] of methods) {
      // What --live chooses need not be measured again under its own name.
      if (name === `snapctl --method ${results['snapctl --live']?.[0].method}`) continue;
      await delay(SETTLE_MS);
      await world.heartbeat.steady();
      const mark = world.observer.mark();
      const { undo, from, to, said: _, ...done } = await take(`run${round}`);
      const pauseMs = await world.observer.pausedSince(mark);
      const gapMs = await world.heartbeat.longestSilence(from, milliseconds());
      results[name] ??= [];
      results[name].push({ ...done, pauseMs, gapMs, totalMs: to - from });
      say(`  ${round}/${rounds} ${name}: pause ${pauseMs.toFixed(1)} ms, gap ${gapMs.toFixed(1)} ms`);
      await undo();
    }
  }
  return results;
}
