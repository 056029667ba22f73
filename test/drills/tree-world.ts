import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { QmpClient } from '../../src/qmp/index.js';
import { frozenImages, halfDeletedDisks } from '../../src/snapshot/delete-document.js';
import { SnapshotStore, type StoredSnapshot } from '../../src/snapshot/snapshot-store.js';
import { domainStateFolder } from '../../src/snapshot/state-folder.js';
import { BareGuest, type QemuProgram } from '../support/qemu.js';
import { RunningCommand } from './command.js';
import { imageSum } from './image-sum.js';
import { endProcess, qemusNaming } from './processes.js';
import type { Random } from './random.js';
import { readJournal, waitForMonitor } from './world.js';

/** A snapshot of the tree, as it was when it was taken. */
export interface Taken {
  readonly name: string;
  /** Its memory image; undefined for disks alone. */
  readonly memory: string | undefined;
  /** The counter before and after. */
  readonly span: readonly [number, number];
  /** SHA-256 of what is on each disk. */
  readonly contents: readonly number[];
}

/**
 * A guest whose snapshots are gone back to and deleted. Two disks it writes to and proves, and a third one that it
 * leaves alone, for data to be merged. Which QEMU process runs it changes with every revert.
 */
export class TreeWorld {
  readonly guest: BareGuest;
  readonly program: QemuProgram;
  readonly snapctl: string;
  readonly state: string;
  readonly temporary: string;
  /** A small file system of its own for the state folder, to be filled up; undefined without the right to mount. */
  readonly stateMount: string | undefined;
  /** In the order they were taken, those that were deleted left out. */
  readonly taken = new Map<string, Taken>();
  /** In a folder of its own, where its overlays come to lie as well. */
  readonly #blank: string;
  #number = 0;

  private constructor(
    guest: BareGuest,
    program: QemuProgram,
    snapctl: string,
    state: string,
    blank: string,
    mount?: string,
  ) {
    this.#blank = blank;
    this.guest = guest;
    this.program = program;
    this.snapctl = snapctl;
    this.state = state;
    this.stateMount = mount;
    this.temporary = join(guest.folder, 't');
    mkdirSync(this.temporary);
    process.prependListener('exit', this.#atExit);
  }

  /** What the guest's own end doesn't take along. */
  readonly #atExit = () => {
    for (const pid of this.qemus) if (pid !== this.guest.pid) process.kill(pid, 'SIGKILL');
    if (this.stateMount !== undefined) execFileSync('umount', ['-l', this.stateMount]);
    rmSync(dirname(this.#blank), { recursive: true, force: true });
  };

  /** @param load whether it rewrites its memory, and proves memory and disks, all the time. */
  static async create(program: QemuProgram, snapctl: string, { load = false } = {}): Promise<TreeWorld> {
    const blank = join(mkdtempSync(join(tmpdir(), 'blank-')), 'blank');
    execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', blank, '64M']);
    const node = { driver: 'qcow2', 'node-name': 'blank', file: { driver: 'file', filename: blank } };
    const args = ['-blockdev', JSON.stringify(node), '-device', 'virtio-blk-pci,drive=blank,id=vdc'];
    const guest = await BareGuest.start({
      program,
      disks: 2,
      memory: 160,
      ...(load ? { dirty: 12, atom: true } : {}),
      args,
    });
    const root = join(guest.folder, 'state');
    mkdirSync(root);
    const mounted = process.getuid?.() === 0;
    if (mounted) execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=700', 'none', root]);
    const state = await domainStateFolder(guest.monitor, root);
    const world = new TreeWorld(guest, program, snapctl, state, blank, mounted ? root : undefined);
    try {
      await guest.serial.waitFor(load ? /^atom \d+$/ : /^counter \d+$/);
      return world;
    } catch (error) {
      await world.dispose();
      throw error;
    }
  }

  /** Files that the guest was started with. */
  get bases(): string[] {
    return [...this.guest.disks, this.#blank];
  }

  run(...words: string[]): RunningCommand {
    return new RunningCommand(this.snapctl, ['-c', `qmp://${this.guest.monitor}`, ...words], {
      SNAPCTL_STATE_DIR: join(this.guest.folder, 'state'),
      TMPDIR: this.temporary,
    });
  }

  /** Runs a command that must succeed. */
  async must(...words: string[]): Promise<string> {
    const { status, stdout, stderr } = await this.run(...words).within(180_000);
    if (status !== 0) throw new Error(`${words.join(' ')} ended with ${status}: ${stderr}`);
    return stdout;
  }

  journal() {
    return readJournal(this.state);
  }

  connect(): Promise<QmpClient> {
    return waitForMonitor(this.guest.monitor);
  }

  get store(): SnapshotStore {
    return new SnapshotStore(this.state);
  }

  /** Takes a snapshot. @param words more of them for the command. */
  async take(
    memory: boolean | 'stopped',
    words: readonly string[] = [],
    folder = this.guest.folder,
  ): Promise<Taken> {
    this.#number += 1;
    const name = `s${this.#number}`;
    const file = memory !== false ? join(folder, `${name}.mem`) : undefined;
    const from = await this.guest.nextCounter();
    const live = memory === 'stopped' ? [] : ['--live'];
    const how = file === undefined ? ['--disk-only'] : [...live, '--memspec', file];
    await this.must('snapshot-create-as', 'tiny', name, ...how, ...words);
    const to = await this.guest.nextCounter();
    const found = await this.store.find(name);
    if (!found) throw new Error(`${name} is not in the store`);
    const taken = { name, memory: file, span: [from, to] as const, contents: await this.contents(found) };
    this.taken.set(name, taken);
    return taken;
  }

  /** What the disks of a snapshot hold, where its document says. */
  async contents({ xml }: StoredSnapshot): Promise<number[]> {
    const sums: number[] = [];
    for (const { file } of frozenImages(xml).values()) {
      sums.push(imageSum(this.program, file, join(this.temporary, 'raw')));
    }
    return sums;
  }

  /** Snapshots whose states are not what they were. Those whose deletion has begun have none. */
  async changedStates(): Promise<string[]> {
    const changed: string[] = [];
    for (const snapshot of await this.store.list()) {
      if (halfDeletedDisks(snapshot.xml).length > 0) continue;
      const now = await this.contents(snapshot).catch((error: Error) => [error.message]);
      const then = this.taken.get(snapshot.name)?.contents ?? [];
      if (now.join() !== then.join()) changed.push(`${snapshot.name}: ${then.join()}, now ${now.join()}`);
    }
    return changed;
  }

  /** Writes to the disk that the guest leaves alone, so that there is something to be merged. */
  async fill(random: Random, megabytes = 4): Promise<void> {
    const qmp = await this.connect();
    try {
      const [at, pattern] = [Math.floor(random.between(0, 56)), Math.floor(random.between(1, 255))];
      const line = `qemu-io -d /machine/peripheral/vdc/virtio-backend "write -P ${pattern} ${at}M ${megabytes}M"`;
      await qmp.execute('human-monitor-command', { 'command-line': line });
    } finally {
      await qmp.disconnect();
    }
  }

  /** Sees to it that there are a few snapshots to choose from, of which at least one has memory. */
  async grow(random: Random): Promise<void> {
    while (this.taken.size < 2 || (this.taken.size < 4 && random.fraction() < 0.5)) {
      const some = [...this.taken.values()].some(({ memory }) => memory !== undefined);
      await this.take(!some || random.fraction() < 0.5);
      if (random.fraction() < 0.7) await this.fill(random);
    }
  }

  /** QEMUs that run on our folder; one, if all is well. */
  get qemus(): number[] {
    return qemusNaming(this.guest.folder);
  }

  async dispose(): Promise<void> {
    process.off('exit', this.#atExit);
    for (const pid of this.qemus) if (pid !== this.guest.pid) await endProcess(pid);
    if (this.stateMount !== undefined) execFileSync('umount', ['-l', this.stateMount]);
    rmSync(dirname(this.#blank), { recursive: true, force: true });
    for (const { memory } of this.taken.values()) if (memory !== undefined) rmSync(memory, { force: true });
    await this.guest.dispose();
  }
}
