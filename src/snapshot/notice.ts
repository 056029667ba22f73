import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDurably } from './durable-file.js';
import { describeOperation, type JournalRecord } from './journal.js';

const NOTICE = 'notice';

/** Leaves word of what was mended for whoever works on the domain next. */
export async function leaveNotice(
  folder: string,
  record: JournalRecord,
  { outcome, actions }: { outcome: string; actions: readonly string[] },
): Promise<void> {
  const what = `${describeOperation(record)} of domain '${record.domain}', begun ${record.startedAt}, was cut off`;
  const text = [
    `${what} ${outcome === 'ended' ? 'and the guest has ended' : `and has been ${outcome}`}`,
    ...actions,
  ].join('; ');
  await leaveWord(folder, text);
}

/** Leaves word of anything, after what is there already. */
export async function leaveWord(folder: string, text: string): Promise<void> {
  const path = join(folder, NOTICE);
  const before = await readFile(path, 'utf8').catch(() => '');
  await writeDurably(path, `${before}${text}\n`);
}

/** What was mended since the last command, told once. */
export async function takeNotice(folder: string): Promise<string | undefined> {
  const path = join(folder, NOTICE);
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text !== undefined) await rm(path, { force: true });
  return text?.trim();
}
