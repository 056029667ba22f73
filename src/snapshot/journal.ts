import { randomBytes } from 'node:crypto';
import { readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { JournalExports } from './archive-exports.js';
import type { DeleteStep } from './delete-model.js';
import { createDurably, makePrivateFolder, sweepAsides, syncFolder, writeDurably } from './durable-file.js';
import type { GuestSize } from './guest-size.js';
import type { JournalLibvirt } from './libvirt-journal.js';
import type { MigrationSettings } from './migration-settings.js';
import { isAlive, type ProcessIdentity } from './process-identity.js';
import type { JournalRelaunch } from './relaunch-journal.js';

/** How memory is taken; `none` for snapshots of disks alone. */
export type MemoryMethod = 'none' | 'background' | 'precopy' | 'stopped' | 'internal';

/**
 * How far an operation has come. Each step is recorded before it is taken, so that what is recorded may not
 * have happened yet, but nothing happened that is not recorded. From `finishing` on every disk is switched and the
 * memory stream has ended well; from `completing` on the snapshot is whole, and there is no way back.
 */
export type JournalStep = 'preparing' | 'freezing' | 'switching' | 'streaming' | 'finishing' | 'completing';

/** An overlay that the operation puts on a disk. */
export interface JournalOverlay {
  /** The disk as the user knows it. */
  readonly disk: string;
  /** Node that was active before, and becomes the overlay's backing node. */
  readonly baseNode: string;
  readonly overlayNode: string;
  readonly overlayFileNode: string;
  readonly file: string;
  /** The file is ours to delete when the overlay was never used. */
  readonly created: boolean;
}

export interface JournalMemory {
  /** Written under this name until it is whole. */
  readonly partial: string;
  readonly final: string;
  readonly sink: ProcessIdentity | null;
  /** Where the sink tells how it ended. */
  readonly report: string;
}

/** A deletion that merges images: its whole plan, and how far it is. */
export interface JournalDeletion {
  readonly snapshots: readonly string[];
  readonly steps: readonly DeleteStep[];
  /** Steps that are done. The next one may have begun, and each may be done again. */
  readonly done: number;
  /** The next step has moved a disk's data, and the guest is on the other image or is about to be. */
  readonly pivoting?: boolean;
  /** Bytes a second for each image; 0 for as many as possible. */
  readonly bandwidth: number;
  /** Beginning of the names of its jobs and nodes in QEMU. */
  readonly prefix: string;
}

/** What an unfinished operation was doing to a domain, and what was true before it. */
export interface JournalRecord {
  readonly version: 1;
  readonly domain: string;
  readonly uuid: string;
  readonly socket: string;
  readonly agentSocket: string | null;
  readonly qemu: ProcessIdentity | null;
  readonly controller: ProcessIdentity;
  readonly guardian: ProcessIdentity | null;
  readonly operation:
    | 'snapshot-create'
    | 'snapshot-revert'
    | 'snapshot-delete'
    | 'archive-create'
    | 'checkpoint-create'
    | 'dump'
    | 'save'
    | 'restore';
  /** The snapshot's or checkpoint's name; the file's of an archive or a dump. */
  readonly snapshot: string;
  readonly startedAt: string;
  readonly step: JournalStep;
  readonly method: MemoryMethod;
  /** The guest ran before. If so, it must run afterwards, however the operation ends. */
  readonly wasRunning: boolean;
  /** Of a revert: whether the guest is to run once it is done, whatever it did before. */
  readonly leaveRunning?: boolean | null;
  /** The guest is to be ended once the snapshot is whole (--halt). */
  readonly halt: boolean;
  /** We froze the guest's file systems, or are about to. */
  readonly frozen: boolean;
  readonly overlays: readonly JournalOverlay[];
  /** Of an archive: the overlays stay when it is whole. */
  readonly keepOverlays?: boolean;
  /** Of an archive: what QEMU serves of the disks, or is about to. */
  readonly exports?: JournalExports | null;
  readonly memory: JournalMemory | null;
  /** QEMU's migration settings as they were, to be put back. */
  readonly migration: MigrationSettings | null;
  /** Disks whose images take the snapshot themselves, or the checkpoint's bitmap. */
  readonly internal: readonly { readonly disk: string; readonly node: string; readonly file: string }[];
  /** Jobs in QEMU that belong to the operation. */
  readonly jobs: readonly string[];
  /** Of the deletion of external snapshots. */
  readonly deletion?: JournalDeletion | null;
  /** The snapshot's document, to be stored when the operation can only be completed forwards. */
  readonly snapshotXml: string | null;
  /** For those who can't ask the guest meanwhile. */
  readonly size?: GuestSize;
  /** Of a revert that puts a new QEMU in the place of the old one. */
  readonly relaunch?: JournalRelaunch;
  /** The guest is libvirt's; there is no monitor of ours then. */
  readonly libvirt?: JournalLibvirt;
}

const FILE = 'journal.json';
/** Room that is kept for the journal: an operation that can't be recorded could be brought to no end on a full disk. */
const SPARE = 'journal.spare';
const SPARE_BYTES = 64 * 1024;

/** What an operation is about, for people. */
export function describeOperation({ operation, snapshot }: JournalRecord): string {
  switch (operation) {
    case 'snapshot-create':
      return `snapshot '${snapshot}'`;
    case 'snapshot-revert':
      return `the revert to snapshot '${snapshot}'`;
    case 'snapshot-delete':
      return `the deletion of snapshot '${snapshot}'`;
    case 'archive-create':
      return `archive '${snapshot}'`;
    case 'checkpoint-create':
      return `checkpoint '${snapshot}'`;
    case 'dump':
      return `the dump to '${snapshot}'`;
    case 'save':
      return `the save to '${snapshot}'`;
    case 'restore':
      return `the restore from '${snapshot}'`;
  }
}

/** Who is at work on a guest, for people. */
export const describeBusy = (record: JournalRecord): string =>
  `snapctl (pid ${record.controller.pid}) is busy with ${describeOperation(record)} of domain '${record.domain}'`;

/** Who is at an operation: whoever began it, or its guardian, which that was left to; or nobody. */
export type Hands = 'controller' | 'guardian' | 'nobody';

export async function handsOf({ controller, guardian }: JournalRecord): Promise<Hands> {
  if (await isAlive(controller)) return 'controller';
  return guardian !== null && (await isAlive(guardian)) ? 'guardian' : 'nobody';
}

/** There is a record already, of an operation that has not ended: nothing else may begin on the domain. */
export class JournalPresent extends Error {
  override readonly name = 'JournalPresent';

  private constructor(
    readonly record: JournalRecord,
    readonly hands: Hands,
  ) {
    const what = `${describeOperation(record)}, begun ${record.startedAt},`;
    const left = {
      controller: describeBusy(record),
      guardian: `${what} was cut off and is being mended by snapctl (pid ${record.guardian?.pid})`,
      nobody: `${what} has not ended: run snapctl recover`,
    };
    super(left[hands]);
  }

  static async of(record: JournalRecord): Promise<JournalPresent> {
    return new JournalPresent(record, await handsOf(record));
  }
}

/** The record of the one operation in progress on a domain, if any; every change is on disk when it returns. */
export class Journal {
  readonly folder: string;
  #record: JournalRecord | undefined;
  #last: Promise<void> = Promise.resolve();

  private constructor(folder: string, record: JournalRecord | undefined) {
    this.folder = folder;
    this.#record = record;
  }

  /** @throws SyntaxError the file is there but is no record of this version. */
  static async read(folder: string): Promise<JournalRecord | undefined> {
    let text: string;
    try {
      text = await readFile(join(folder, FILE), 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
    const record = JSON.parse(text) as JournalRecord;
    if (record.version !== 1)
      throw new SyntaxError(`${join(folder, FILE)}: unknown version ${record.version}`);
    return record;
  }

  /** @throws JournalPresent another operation is under way or was cut off, and has not been mended. */
  static async begin(folder: string, record: JournalRecord): Promise<Journal> {
    await makePrivateFolder(folder);
    const other = await Journal.read(folder);
    if (other) throw await JournalPresent.of(other);
    // A QEMU may have several monitors: that each serves one client at a time keeps nobody out.
    try {
      await createDurably(join(folder, FILE), JSON.stringify(record, null, 1));
    } catch (error) {
      const rival = await Journal.read(folder);
      throw rival ? await JournalPresent.of(rival) : error;
    }
    await sweepAsides(folder);
    const journal = new Journal(folder, record);
    try {
      // Random, so that no file system stores it as less.
      await writeDurably(join(folder, SPARE), randomBytes(SPARE_BYTES));
      const elsewhere = await sameGuestElsewhere(folder, record);
      if (elsewhere) throw await JournalPresent.of(elsewhere);
    } catch (error) {
      for (const name of [SPARE, FILE]) await rm(join(folder, name), { force: true });
      throw error;
    }
    return journal;
  }

  /** Takes over the record that a dead process left. */
  static async resume(folder: string): Promise<Journal | undefined> {
    const record = await Journal.read(folder);
    return record && new Journal(folder, record);
  }

  get record(): JournalRecord {
    if (!this.#record) throw new Error('the journal has ended');
    return this.#record;
  }

  /** One change after the other, in the order in which they are asked for. */
  update(change: Partial<JournalRecord>): Promise<void> {
    const updated = this.#last.then(async () => {
      const record = { ...this.record, ...change };
      const text = JSON.stringify(record, null, 1);
      await writeDurably(join(this.folder, FILE), text).catch(async (error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOSPC' && error.code !== 'EDQUOT') throw error;
        await this.freeSpare();
        await writeDurably(join(this.folder, FILE), text);
      });
      this.#record = record;
    });
    this.#last = updated.catch(() => undefined);
    return updated;
  }

  /** The room that was kept for the journal. */
  freeSpare(): Promise<void> {
    return rm(join(this.folder, SPARE), { force: true });
  }

  async end(): Promise<void> {
    this.#record = undefined;
    for (const name of [SPARE, FILE]) await rm(join(this.folder, name), { force: true });
    for (const folder of [this.folder, join(this.folder, 'snapshots')]) await sweepAsides(folder);
    await syncFolder(this.folder);
  }
}

/**
 * An operation on the same QEMU in the state folder of another of its monitors. There is none where the first monitor
 * could be told (see first-monitor.ts). Looked for after our own record was written: two that begin at once see each other.
 */
async function sameGuestElsewhere(
  folder: string,
  { qemu }: JournalRecord,
): Promise<JournalRecord | undefined> {
  if (!qemu) return undefined;
  const parent = dirname(folder);
  for (const name of await readdir(parent).catch(() => [])) {
    if (join(parent, name) === folder) continue;
    const record = await Journal.read(join(parent, name)).catch(() => undefined);
    if (record?.qemu?.pid === qemu.pid && record.qemu.startTime === qemu.startTime) return record;
  }
  return undefined;
}
