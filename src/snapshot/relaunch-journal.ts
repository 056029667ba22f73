import type { Deferred } from './argv-deferred.js';
import type { ProcessIdentity } from './process-identity.js';
import type { SharedPath } from './relaunch-paths.js';

/** What a journal says of an operation that puts a new QEMU in the place of the old one, or of none. */
export interface JournalRelaunch {
  /** What the new process is found by (see relaunch-process.ts). */
  readonly id: string;
  readonly process: ProcessIdentity | null;
  readonly paths: readonly SharedPath[];
  /** Files that the new QEMU's disks are on, made by us. */
  readonly created: readonly string[];
  /** Files that nobody needs once the new QEMU is in place. */
  readonly discard: readonly string[];
  /** What the new QEMU says on standard error goes here. */
  readonly log: string;
  /** Folder for the socket that memory is handed over by: QEMU may run as somebody who can't enter ours. */
  readonly socketFolder: string;
  /** Ports that the new QEMU opens when the old one has ended, and how many of them it has been told to. */
  readonly deferred: readonly Deferred[];
  readonly opened: number;
}
