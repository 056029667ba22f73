import { setTimeout as delay } from 'node:timers/promises';
import type { JournalRecord } from '../../src/snapshot/journal.js';
import { unfinishedOperations } from '../../src/snapshot/unfinished.js';

/** Waits for a moment of the operation under way. */
export async function untilJournal(fits: (record: JournalRecord) => boolean): Promise<JournalRecord> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const record = (await unfinishedOperations().catch(() => []))[0]?.record;
    if (record && fits(record)) return record;
    if (performance.now() > deadline) throw new Error('there is no such moment');
    await delay(5);
  }
}
