import type { QmpClient } from '../qmp/index.js';
import type { ProcessIdentity } from './process-identity.js';

/** A bare QEMU that the engine works on. */
export interface Guest {
  readonly name: string;
  /** Lower case with dashes; all zeroes where QEMU was given none. */
  readonly uuid: string;
  /** Path of its QMP socket. */
  readonly socket: string;
  /** Its state folder (see state-folder.ts). */
  readonly folder: string;
  readonly qmp: QmpClient;
  readonly version: QemuVersion;
  readonly process: QemuProcess | undefined;
  /** The guest agent's socket on the host, if there is one. */
  readonly agentSocket: string | undefined;
}

export interface QemuVersion {
  readonly major: number;
  readonly minor: number;
  readonly micro: number;
}

/** What is known of QEMU's process: who it runs as decides who must be able to open the files. */
export interface QemuProcess extends ProcessIdentity {
  readonly uid: number;
  readonly gid: number;
  /** Resident bytes. */
  readonly resident: number;
}

export const isAtLeast = (version: QemuVersion, major: number, minor: number): boolean =>
  version.major > major || (version.major === major && version.minor >= minor);
