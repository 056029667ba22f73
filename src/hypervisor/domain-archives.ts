/** How an archive is to be written. */
export interface ArchiveFormat {
  /** Bytes in a block: a power of two from 4 KiB to 1 MiB. */
  readonly blockSize?: number | undefined;
  /** `auto` by default: only where it pays. */
  readonly dictionary?: 'auto' | 'on' | 'off' | undefined;
  readonly comment?: string | undefined;
  readonly encryption?: { readonly passphrase: string } | { readonly keyFile: string } | undefined;
  /** Only what the archive in this file lacks is stored. */
  readonly base?: string | undefined;
}

/** What goes into an archive of a guest, and how. */
export interface ArchiveCreateOptions extends ArchiveFormat {
  /** The guest runs on while its memory is read. */
  readonly live: boolean;
  readonly quiesce: boolean;
  readonly memory: boolean;
  /** Names of the disks; undefined for all that can be written to. */
  readonly disks?: readonly string[] | undefined;
  /** What the guest writes from that instant on stays in an overlay. */
  readonly keepOverlay: boolean;
  /** `background`, `precopy` or `stopped`; undefined leaves it to the driver. */
  readonly method?: string | undefined;
  readonly signal: AbortSignal;
  readonly onProgress?: ((progress: ArchiveProgress) => void) | undefined;
}

/** How far an archive is, in bytes of the guest: read, of how many about; and in the file. */
export interface ArchiveProgress {
  readonly done: number;
  readonly total: number;
  readonly stored: number;
  readonly milliseconds: number;
}

/** What an archive cost. */
export interface ArchiveFacts {
  readonly file: string;
  /** How memory was taken (`none` for disks alone), and why so. */
  readonly method: string;
  readonly reason: string;
  /** How long the guest stood still; null if it did not run, or where that isn't known. */
  readonly pauseMilliseconds: number | null;
  readonly milliseconds: number;
  readonly uuid: string;
  /** Length of the file. */
  readonly bytes: number;
  readonly dictionary: boolean;
  readonly streams: readonly { readonly name: string; readonly size: number; readonly storedBytes: number }[];
  /** Overlays that were kept. */
  readonly overlays: readonly { readonly disk: string; readonly file: string }[];
  /** Why the guest can't be started from it as it is; empty if nothing is known against it. */
  readonly obstacles: readonly string[];
}

/** Writing a guest, memory and disks of one instant, into one file. */
export interface DomainArchives {
  /** Left out by drivers that leave taking snapshots to somebody else. */
  archiveCreate?(file: string, options: ArchiveCreateOptions): Promise<ArchiveFacts>;
}
