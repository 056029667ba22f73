import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withAtom } from '../guest/atom.mjs';
import { kernelArguments, tinyGuest } from './qemu-guest.mjs';
import { prepareQemu10 } from './qemu10.mjs';
import { SerialLog } from './serial-log.mjs';

/** A QEMU to run guests with. */
export interface QemuProgram {
  /** Its version, for example 7.2.22. */
  version: string;
  qemu: string;
  qemuImg: string;
  args: readonly string[];
  env: Readonly<Record<string, string>>;
}

/** The QEMU that is installed. */
export function installedQemu(): QemuProgram {
  const qemu = 'qemu-system-x86_64';
  const said = execFileSync(qemu, ['--version'], { encoding: 'utf8' });
  return { version: /version (\S+)/.exec(said)?.[1] ?? said, qemu, qemuImg: 'qemu-img', args: [], env: {} };
}

type NamedProgram = readonly [name: string, find: () => Promise<QemuProgram>];

const installed: NamedProgram = ['the installed QEMU', async () => installedQemu()];
const qemu10: NamedProgram = ['QEMU 10', () => prepareQemu10()];

/** By a short name, so that a test runs once for each: the installed one (7.2 on Debian 12), and QEMU 10. */
export const bothQemuPrograms: readonly NamedProgram[] = [installed, qemu10];

/**
 * What the longer suites run on: the installed QEMU, and QEMU 10 too if SNAPCTL_TEST_QEMU is `both` (or only that one if
 * it is `10`). All of them on both take more time than a run of everything should.
 */
export const qemuPrograms: readonly NamedProgram[] =
  process.env.SNAPCTL_TEST_QEMU === 'both'
    ? bothQemuPrograms
    : process.env.SNAPCTL_TEST_QEMU === '10'
      ? [qemu10]
      : [installed];

export interface BareGuestOptions {
  program?: QemuProgram;
  /** How many disks, each a copy of the guest's data disk: vda on node disk0, vdb on disk1, … */
  disks?: number;
  /** Disks as they are, in place of fresh copies: used where they lie, and not removed. */
  images?: readonly string[];
  /** Add the program that proves memory and disks to be of one instant (test/guest/atom.c). */
  atom?: boolean;
  /** MiB. */
  memory?: number;
  /** MiB that the guest keeps rewriting. */
  dirty?: number;
  /** Whether the guest runs its agent; the port is there in any case. */
  agent?: boolean;
  /** More words for QEMU's command line. */
  args?: readonly string[];
  /** QEMU's working directory, from which relative paths in `args` are. */
  cwd?: string;
  /** Run QEMU in the folder that its sockets are in. */
  inFolder?: boolean;
  /** Whom QEMU runs as, if not as us; its folder belongs to it then. */
  user?: { uid: number; gid: number };
  /** Don't wait until the guest is up: it is paused (-S) or waits for a migration (-incoming). */
  unready?: boolean;
}

/**
 * The tiny guest under a bare QEMU, no libvirt anywhere: a monitor on a unix socket, the agent's port on another, the
 * console in a file. All of it is in one folder, which goes, with the QEMU process, at dispose() or when the test
 * process ends.
 */
export class BareGuest {
  readonly folder: string;
  readonly monitor: string;
  readonly agent: string;
  readonly serial: SerialLog;
  readonly disks: readonly string[];
  readonly program: QemuProgram;
  readonly #process: ChildProcess;
  readonly #atExit = () => this.#end();

  private constructor(folder: string, disks: readonly string[], program: QemuProgram, child: ChildProcess) {
    this.folder = folder;
    this.monitor = join(folder, 'monitor');
    this.agent = join(folder, 'agent');
    this.serial = new SerialLog(join(folder, 'serial'));
    this.disks = disks;
    this.program = program;
    this.#process = child;
    process.on('exit', this.#atExit);
  }

  static async start(options: BareGuestOptions = {}): Promise<BareGuest> {
    const {
      program = installedQemu(),
      disks: count = 1,
      memory = 256,
      dirty,
      agent = true,
      unready,
    } = options;
    const files = await tinyGuest();
    const folder = mkdtempSync(join(tmpdir(), 'snapctl-qemu-'));
    const fresh = (): string[] =>
      Array.from({ length: count }, (_, index) => {
        const path = join(folder, `disk${index}.qcow2`);
        copyFileSync(files.dataDisk, path);
        return path;
      });
    const disks = options.images ?? fresh();
    const initrd = options.atom ? await withAtom(files.initrd) : files.initrd;
    const { user } = options;
    for (const path of user ? [folder, ...disks] : []) chownSync(path, user?.uid ?? 0, user?.gid ?? 0);
    const args = [
      ...program.args,
      // It reads its own files, which may be root's alone, before it becomes another.
      ...(user ? runAs(program, `${user.uid}:${user.gid}`) : []),
      ...['-name', 'tiny', '-uuid', 'b6d0b2a0-5bd0-4a3c-9c0e-6d3f1f3f6b11'],
      ...['-accel', 'tcg,thread=multi', '-cpu', 'max', '-machine', 'q35', '-m', String(memory)],
      ...['-nodefaults', '-no-user-config', '-display', 'none'],
      ...['-kernel', files.kernel, '-initrd', initrd, '-append', kernelArguments({ dirty, agent })],
      ...['-serial', `file:${join(folder, 'serial')}`],
      ...['-qmp', `unix:${join(folder, 'monitor')},server=on,wait=off`],
      ...disks.flatMap((path, index) => diskArguments(path, index)),
      ...['-device', 'virtio-serial-pci,id=serial0'],
      ...['-chardev', `socket,id=agent0,path=${join(folder, 'agent')},server=on,wait=off`],
      ...['-device', 'virtserialport,bus=serial0.0,chardev=agent0,name=org.qemu.guest_agent.0,id=agentport'],
      ...(options.args ?? []),
    ];
    const child = spawn(program.qemu, args, {
      cwd: options.inFolder ? folder : options.cwd,
      env: { ...process.env, ...program.env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const guest = new BareGuest(folder, disks, program, child);
    let said = '';
    child.stderr?.on('data', (chunk) => {
      said += chunk;
    });
    const ended = new Promise<never>((_, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) => reject(new Error(`QEMU ended (${signal ?? code}): ${said}`)));
    });
    ended.catch(() => {});
    try {
      await Promise.race([ended, guest.#listening()]);
      if (!unready) await Promise.race([ended, guest.serial.waitFor(/^ready/, { timeout: 120_000 })]);
    } catch (error) {
      await guest.dispose();
      throw error;
    }
    return guest;
  }

  get pid(): number {
    if (this.#process.pid === undefined) throw new Error('QEMU was not started');
    return this.#process.pid;
  }

  /** Whether the QEMU process has ended. */
  get ended(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  /** Waits until the QEMU process has ended by itself. */
  async exited(): Promise<void> {
    if (!this.ended) await once(this.#process, 'exit');
  }

  /** Waits for the next number that the guest writes to its disks. */
  async nextCounter({ timeout = 30_000 } = {}): Promise<number> {
    const [, number] = await this.serial.waitFor(/^counter (\d+)$/, { from: this.serial.end(), timeout });
    return Number(number);
  }

  /** Makes an image file with qemu-img; the words after `create -q`. */
  createImage(...words: string[]): void {
    execFileSync(this.program.qemuImg, ['create', '-q', ...words], {
      env: { ...process.env, ...this.program.env },
    });
  }

  /** @param keep leave its folder where it is */
  async dispose({ keep = false } = {}): Promise<void> {
    process.off('exit', this.#atExit);
    const gone = this.ended || this.#process.pid === undefined ? undefined : once(this.#process, 'exit');
    this.#end(keep);
    await gone;
  }

  #end(keep = false): void {
    this.#process.kill('SIGKILL');
    if (!keep) rmSync(this.folder, { recursive: true, force: true });
  }

  async #listening(): Promise<void> {
    // The sockets are made before QEMU says anything; the kernel lists one only when it can be connected to.
    while (!existsSync(this.monitor) || !readFileSync('/proc/net/unix', 'utf8').includes(this.monitor)) {
      if (this.ended) return;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

/** QEMU 10 has -run-with in place of -runas. */
const runAs = ({ version }: QemuProgram, user: string): string[] =>
  Number.parseInt(version, 10) < 10 ? ['-runas', user] : ['-run-with', `user=${user}`];

function diskArguments(path: string, index: number): string[] {
  const node = `disk${index}`;
  const file = { driver: 'file', 'node-name': `${node}-file`, filename: path };
  return [
    ...['-blockdev', JSON.stringify({ driver: 'qcow2', 'node-name': node, file })],
    ...['-device', `virtio-blk-pci,drive=${node},id=vd${String.fromCharCode(97 + index)}`],
  ];
}
