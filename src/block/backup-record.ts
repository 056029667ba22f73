import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createDurably, makePrivateFolder, syncFolder, writeDurably } from '../snapshot/durable-file.js';
import type { ProcessIdentity } from '../snapshot/process-identity.js';
import type { BackupServer } from './backup-xml.js';

export interface BackupRecordDisk {
  readonly disk: string;
  readonly jobId: string;
  /** The node that is copied; bitmaps are on it. */
  readonly node: string;
  /** What is opened for the copy; its file's node has an `f` at the end. */
  readonly storeNode: string;
  readonly file: string;
  /** The file was made for the backup. */
  readonly created: boolean;
  /** A temporary bitmap on the node. */
  readonly bitmap: string | null;
  /** Of a pull: what is served, and its id. */
  readonly exportId: string | null;
}

/**
 * The backup that runs on a guest, or was begun: written before anything is touched. Its jobs belong to QEMU, and whoever
 * comes next sees it to its end.
 */
export interface BackupRecord {
  readonly version: 1;
  readonly domain: string;
  readonly mode: 'push' | 'pull';
  readonly startedAt: string;
  readonly qemu: ProcessIdentity | null;
  readonly controller: ProcessIdentity;
  /** All of it is under way. Until then it is undone when its controller is gone. */
  readonly started: boolean;
  readonly server: BackupServer | null;
  readonly disks: readonly BackupRecordDisk[];
  /** Bitmaps of a checkpoint that is made at the same moment. */
  readonly checkpointBitmaps: readonly { readonly node: string; readonly name: string }[];
  /** libvirt's document. */
  readonly xml: string;
}

const pathOf = (domainFolder: string): string => join(domainFolder, 'backup.json');

/** @throws ErrnoException EEXIST there is one already. */
export async function createBackupRecord(domainFolder: string, record: BackupRecord): Promise<void> {
  await makePrivateFolder(domainFolder);
  await createDurably(pathOf(domainFolder), JSON.stringify(record, null, 1));
}

export const updateBackupRecord = (domainFolder: string, record: BackupRecord): Promise<void> =>
  writeDurably(pathOf(domainFolder), JSON.stringify(record, null, 1));

export async function removeBackupRecord(domainFolder: string): Promise<void> {
  await rm(pathOf(domainFolder), { force: true });
  await syncFolder(domainFolder);
}

export async function readBackupRecord(domainFolder: string): Promise<BackupRecord | undefined> {
  const text = await readFile(pathOf(domainFolder), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  const record = text === undefined ? undefined : (JSON.parse(text) as BackupRecord);
  return record?.version === 1 ? record : undefined;
}
