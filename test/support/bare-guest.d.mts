import type { SerialLog } from './serial-log.mjs';

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
export declare function installedQemu(): QemuProgram;

export interface BareGuestOptions {
  program?: QemuProgram;
  /** How many disks, each a copy of the guest's data disk: vda on node disk0, vdb on disk1, … */
  disks?: number;
  /** Disks as they are, in place of fresh copies: used where they lie, and not removed. */
  images?: readonly string[];
  /** Add the program that proves memory and disks to be of one instant (test/guest/atom.c). */
  atom?: boolean;
  /** Add the program that shows when the guest runs (test/guest/heartbeat.c), with its port on `heartbeat` in the folder. */
  heartbeat?: boolean;
  /** A second monitor, on `observer` in the folder. */
  observer?: boolean;
  /** MiB. */
  memory?: number;
  /** ms between two numbers of the guest's counter. */
  tick?: number;
  /** MiB that the guest keeps rewriting. */
  dirty?: number;
  /** MiB that the guest fills with noise; `N,again`: and changes for ever (test/guest/fill.c is added). */
  fill?: number | string;
  /** Whether the guest measures its scheduling gaps. */
  gap?: boolean;
  /** Terminals on which the guest has a shell, in place of its counter. */
  shells?: readonly string[];
  /** What its first serial line is, for QEMU; `serial` stays empty then. */
  serialLine?: string;
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
  /** `false`: it boots, always; its clock is right then. Otherwise see warm-guest.mjs. */
  warm?: boolean;
  /** Out of reach of a terminal's Ctrl-C: for who ends it in any case. */
  detached?: boolean;
  /** Gives the wait up. */
  signal?: AbortSignal;
  /** Told what is being downloaded or built. */
  say?: (line: string) => void;
}

export declare class BareGuest {
  readonly folder: string;
  /** Path of the monitor's socket. */
  readonly monitor: string;
  /** Path of the agent's socket. */
  readonly agent: string;
  readonly serial: SerialLog;
  readonly disks: readonly string[];
  readonly program: QemuProgram;
  /** What the guest was started with, program first. */
  readonly commandLine: readonly string[];
  private constructor();
  static start(options?: BareGuestOptions): Promise<BareGuest>;
  /** Of the QEMU that was started first. */
  get pid(): number;
  /** Whether the QEMU process that was started first has ended. */
  get ended(): boolean;
  /** Waits until the QEMU process has ended by itself. */
  exited(): Promise<void>;
  /** Waits for the next number that the guest writes to its disks. */
  nextCounter(options?: { timeout?: number; signal?: AbortSignal }): Promise<number>;
  /** Makes an image file with qemu-img; the words after `create -q`. */
  createImage(...words: string[]): void;
  /** @param options keep: leave its folder where it is, and other QEMUs that use it alone */
  dispose(options?: { keep?: boolean }): Promise<void>;
}
