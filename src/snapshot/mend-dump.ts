import { link, lstat, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isSameFile, NameTaken } from './completion.js';
import { syncFolder } from './durable-file.js';
import type { Guest } from './guest.js';
import type { Journal, JournalMemory } from './journal.js';
import type { MendReport } from './mend.js';

const POLL_MS = 100;

/** Gives a whole dump its name, never in place of a file that has come to be there. @throws NameTaken */
export async function nameDump({ partial, final }: JournalMemory): Promise<void> {
  try {
    await link(partial, final);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    if (!(await isSameFile(partial, final))) throw new NameTaken(`file '${final}' already exists`);
  }
  await rm(partial, { force: true });
  await syncFolder(dirname(final));
}

/**
 * Ends a dump that was cut off. QEMU writes it to its end by itself and lets the guest run again as it did before; so
 * it is waited for.
 * @throws QmpError and others; the journal is then still there, to try again.
 */
export async function mendDump({ qmp }: Guest, journal: Journal): Promise<MendReport> {
  const { memory } = journal.record;
  if (!memory) throw new Error('the journal of a dump names no file');
  let dump = await qmp.execute('query-dump');
  while (dump.status === 'active') {
    await delay(POLL_MS);
    dump = await qmp.execute('query-dump');
  }
  // Of a dump that was never begun there is nothing in the file; what QEMU tells is then of an earlier one.
  const written = (await lstat(memory.partial).catch(() => undefined))?.size ?? 0;
  const actions: string[] = [];
  let completed = false;
  if (dump.status === 'completed' && written > 0) {
    try {
      await nameDump(memory);
      completed = true;
      actions.push(`completed '${memory.final}'`);
    } catch (error) {
      if (!(error instanceof NameTaken)) throw error;
      actions.push(error.message);
    }
  }
  if (!completed) actions.push(...(await dropDump(memory)));
  return { outcome: completed ? 'completed' : 'undone', actions };
}

/** The same when the guest's QEMU is gone, and the dump with it. */
export async function mendDumpWithoutQemu(journal: Journal): Promise<string[]> {
  const { memory } = journal.record;
  return memory ? dropDump(memory) : [];
}

async function dropDump({ partial, final }: JournalMemory): Promise<string[]> {
  if (!(await lstat(partial).catch(() => undefined))) return [];
  await rm(partial, { force: true });
  return [`removed the unfinished dump of '${final}'`];
}
