import { createHash } from 'node:crypto';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createDurably, makePrivateFolder, syncFolder, writeDurably } from '../snapshot/durable-file.js';
import type { ProcessIdentity } from '../snapshot/process-identity.js';

/** What virsh lets run on a disk; an active commit keeps two images equal, as a copy does. */
export type BlockJobType = 'pull' | 'copy' | 'commit' | 'active-commit';

/**
 * A block job that was started for the user. It belongs to QEMU and outlives the command; the record says what is to be
 * done when it has ended, by whichever command comes next.
 */
export interface BlockJobRecord {
  readonly version: 1;
  readonly domain: string;
  /** The job's id in QEMU. */
  readonly id: string;
  readonly type: BlockJobType;
  /** The disk's target. */
  readonly disk: string;
  /** The image that the disk was on, and where the data goes. */
  readonly from: string;
  readonly to: string;
  readonly startedAt: string;
  readonly qemu: ProcessIdentity | null;
  readonly controller: ProcessIdentity;
  /** QEMU has the job. Until then what was prepared for it is undone when its controller is gone. */
  readonly started: boolean;
  /** Nodes that were opened for the job. */
  readonly nodes: readonly string[];
  /** A file that was made for it. */
  readonly created: string | null;
  /** Files that QEMU need not have open any more once no disk is on them. */
  readonly close: readonly string[];
  /** Files that are removed when the job has succeeded: what blockcommit --delete asks for. */
  readonly remove: readonly string[];
}

const folderOf = (domainFolder: string): string => join(domainFolder, 'block-jobs');

const pathOf = (domainFolder: string, disk: string): string =>
  join(folderOf(domainFolder), `${createHash('sha256').update(disk).digest('hex').slice(0, 32)}.json`);

/** @throws ErrnoException EEXIST the disk has one already. */
export async function createJobRecord(domainFolder: string, record: BlockJobRecord): Promise<void> {
  await makePrivateFolder(folderOf(domainFolder));
  await createDurably(pathOf(domainFolder, record.disk), JSON.stringify(record, null, 1));
}

export const updateJobRecord = (domainFolder: string, record: BlockJobRecord): Promise<void> =>
  writeDurably(pathOf(domainFolder, record.disk), JSON.stringify(record, null, 1));

/** The folder goes with the last of them: an idle guest's state is its snapshots. */
export async function removeJobRecord(domainFolder: string, { disk }: BlockJobRecord): Promise<void> {
  await rm(pathOf(domainFolder, disk), { force: true });
  const left = await readdir(folderOf(domainFolder)).catch(() => []);
  // What is not named so was being written by somebody who was killed.
  if (left.some((name) => name.endsWith('.json') && !name.startsWith('.'))) return;
  await rm(folderOf(domainFolder), { recursive: true, force: true });
  await syncFolder(domainFolder);
}

export async function readJobRecords(domainFolder: string): Promise<BlockJobRecord[]> {
  const names = await readdir(folderOf(domainFolder)).catch(() => []);
  const records: BlockJobRecord[] = [];
  for (const name of names.filter((each) => each.endsWith('.json') && !each.startsWith('.'))) {
    const text = await readFile(join(folderOf(domainFolder), name), 'utf8').catch(() => undefined);
    const record = text === undefined ? undefined : (JSON.parse(text) as BlockJobRecord);
    if (record?.version === 1) records.push(record);
  }
  return records;
}

const words: Readonly<Record<BlockJobType, string>> = {
  pull: 'block pull',
  copy: 'block copy',
  commit: 'block commit',
  'active-commit': 'active block commit',
};

/** What a job is, for people. */
export const describeJob = ({ type, disk, domain }: BlockJobRecord): string =>
  `${words[type]} of disk '${disk}' of domain '${domain}'`;
