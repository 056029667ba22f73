import type { Guest } from './guest.js';
import type { Journal, JournalOverlay } from './journal.js';
import type { MigrationSettings } from './migration-settings.js';
import type { StreamProgress } from './migration-watch.js';
import type { Pause } from './pause.js';

/** What a method of taking memory works with. Everything is prepared: overlays are nodes, the sink listens. */
export interface MemoryOperation {
  readonly guest: Guest;
  readonly journal: Journal;
  readonly overlays: readonly JournalOverlay[];
  /** Where QEMU is to migrate to. */
  readonly streamUri: string;
  readonly settings: MigrationSettings;
  /** Bytes of guest memory. */
  readonly memorySize: number;
  /** Pre-copy is given up at once where the guest changes too much for a short pause: there is another way. */
  readonly tentative?: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: StreamProgress) => void;
}

export interface MemoryTaken {
  readonly pause: Pause;
  /** Bytes that QEMU sent. */
  readonly transferred: number;
  readonly passes: number;
}

/** The operation failed; what is left of it is undone by mending. */
export class MemoryFailure extends Error {
  override readonly name = 'MemoryFailure';
}

/** Pre-copy was tried because the guest was calm, and it is not. */
export class RestlessGuest extends MemoryFailure {}

/** A stream that stands still this long is given up. A sink that is stopped for 10 s must not be. */
export const STALLED_MS = 60_000;
