import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ConnectError, QmpClient } from '../../src/qmp/index.js';
import type { JournalRecord } from '../../src/snapshot/journal.js';
import { type MigrationSettings, readMigrationSettings } from '../../src/snapshot/migration-settings.js';
import { domainStateFolder } from '../../src/snapshot/state-folder.js';
import { BareGuest, type BareGuestOptions, type QemuProgram } from '../support/qemu.js';
import { RunningCommand } from './command.js';
import { memoryFile, type Operation, wordsFor } from './operations.js';

/** A guest that proves memory against disks, keeps memory busy, and has an agent. */
export const guestOptions: BareGuestOptions = { disks: 2, memory: 160, dirty: 12, atom: true };

/** How often to look for a file that somebody else writes, in ms. */
const LOOK_MS = 2;

/** A guest with everything that is done to it, in one folder: state, temporary files, images. */
export class World {
  readonly guest: BareGuest;
  readonly program: QemuProgram;
  /** The built snapctl.js. */
  readonly snapctl: string;
  /** The domain's state folder. */
  readonly state: string;
  readonly temporary: string;
  readonly settings: MigrationSettings;
  /** Where the images are that the guest was started on, and overlays come to lie beside them. */
  readonly images: string;
  /** What was asked for under which name. */
  readonly asked = new Map<string, Operation>();
  /** Where the memory images of the snapshots are that have one, by the snapshots' names. */
  readonly memory = new Map<string, string>();

  private constructor(
    guest: BareGuest,
    program: QemuProgram,
    snapctl: string,
    state: string,
    settings: MigrationSettings,
  ) {
    this.guest = guest;
    this.program = program;
    this.snapctl = snapctl;
    this.state = state;
    this.settings = settings;
    this.images = dirname(guest.disks[0] ?? guest.folder);
    this.temporary = join(guest.folder, 't');
    mkdirSync(this.temporary);
  }

  /** @param images to start the guest on, in place of fresh ones; they are not removed with it. */
  static async create(program: QemuProgram, snapctl: string, images?: readonly string[]): Promise<World> {
    const guest = await BareGuest.start({ ...guestOptions, program, ...(images ? { images } : {}) });
    try {
      await guest.serial.waitFor(/^atom \d+$/);
      const qmp = await QmpClient.connect(guest.monitor);
      const settings = await readMigrationSettings(qmp);
      await qmp.disconnect();
      const state = await domainStateFolder(guest.monitor, join(guest.folder, 'state'));
      return new World(guest, program, snapctl, state, settings);
    } catch (error) {
      await guest.dispose();
      throw error;
    }
  }

  get environment(): Record<string, string> {
    return { SNAPCTL_STATE_DIR: join(this.guest.folder, 'state'), TMPDIR: this.temporary };
  }

  run(...words: string[]): RunningCommand {
    return new RunningCommand(
      this.snapctl,
      ['-c', `qmp://${this.guest.monitor}`, ...words],
      this.environment,
    );
  }

  /** Begins a snapshot. @param folder for its memory image. */
  begin(
    operation: Operation,
    { folder = this.guest.folder, extra = [] as readonly string[], name = `s${this.asked.size + 1}` } = {},
  ): {
    name: string;
    command: RunningCommand;
  } {
    this.asked.set(name, operation);
    const words = wordsFor(operation, name, folder);
    if (words.includes('--memspec')) this.memory.set(name, memoryFile(name, folder));
    return { name, command: this.run(...words, ...extra) };
  }

  /** The snapshot's memory image has been removed on purpose. */
  forget(name: string): void {
    this.memory.delete(name);
  }

  /** A folder for memory images is gone. */
  forgetFolder(folder: string): void {
    for (const [name, file] of this.memory) if (file.startsWith(`${folder}/`)) this.memory.delete(name);
  }

  /** The journal as it is now; undefined if there is none. */
  journal(): JournalRecord | undefined {
    return readJournal(this.state);
  }

  get hasJournal(): boolean {
    return existsSync(this.#journalFile);
  }

  /** Waits until the journal of a command fits. @returns undefined if the command has ended before. */
  async untilJournal(
    command: RunningCommand,
    fits: (record: JournalRecord) => boolean = () => true,
  ): Promise<JournalRecord | undefined> {
    while (!command.over) {
      const record = this.journal();
      if (record && fits(record)) return record;
      await delay(LOOK_MS);
    }
    return undefined;
  }

  /** A monitor connection of our own; waits for one that a mending process has. */
  connect(): Promise<QmpClient> {
    return waitForMonitor(this.guest.monitor);
  }

  get #journalFile(): string {
    return join(this.state, 'journal.json');
  }

  /** @param keep leave its folder, in which images may be that another guest is on */
  dispose({ keep = false } = {}): Promise<void> {
    return this.guest.dispose({ keep });
  }
}

/** A domain's journal as it is now; undefined if there is none. */
export function readJournal(state: string): JournalRecord | undefined {
  try {
    return JSON.parse(readFileSync(join(state, 'journal.json'), 'utf8')) as JournalRecord;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** A connection to a monitor that somebody else may have for a while. */
export async function waitForMonitor(monitor: string, patience = 60_000): Promise<QmpClient> {
  const deadline = performance.now() + patience;
  for (;;) {
    try {
      return await QmpClient.connect(monitor, { timeout: 10_000 });
    } catch (error) {
      if (!(error instanceof ConnectError) || performance.now() > deadline) throw error;
      await delay(50);
    }
  }
}
