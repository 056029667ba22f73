import type { Consoles } from './consoles.js';
import type { Domains } from './domains.js';
import type { Events } from './events.js';
import type { Host } from './host.js';
import type { HostObjects } from './host-objects.js';
import type { Networks } from './networks.js';
import type { Storage } from './storage.js';
import type { Stream } from './stream.js';

/** An open hypervisor. */
export interface Connection extends Host, Domains, Networks, Storage, HostObjects, Events, Consoles {
  /** The URI asked for; undefined when the driver chose one itself (then getURI tells). */
  readonly uri: string | undefined;
  readonly readonly: boolean;
  /**
   * Snapshots are taken by snapctl's own engine: what SnapshotCreateOptions ask for is honoured, and an interrupt is
   * heard through their signal. Otherwise libvirt takes them.
   */
  readonly ownEngine: boolean;
  /** What was mended by itself since anybody last asked, a line each, told once. */
  notices(): Promise<string[]>;
  /** The same of what was still being mended when `notices` was asked; to be asked when a command is through. */
  lateNotices(): Promise<string[]>;
  isAlive(): Promise<boolean>;
  /** @param interval seconds, 0 to stop. */
  setKeepAlive(interval: number, count: number): Promise<boolean>;
  streamNew(flags?: number): Promise<Stream>;
  /**
   * Another connection to the same place, on another thread: it answers while a call on this one blocks, which is
   * how a job is watched and aborted. Close it when done.
   */
  secondary(): Promise<Connection>;
  /** Lets go of every domain, snapshot and so on handed out since the last release. */
  release(): Promise<void>;
  close(): Promise<void>;
}
