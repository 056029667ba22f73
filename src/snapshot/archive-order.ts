import type { Secret } from '../archive/index.js';

/**
 * What the process that writes an archive is told, one JSON object a line on its standard input (a secret has no place
 * on a command line): an ArchiveOrder, and once memory is through, an ArchiveFinish. Its answers are ArchiverNews, one a
 * line; what came of it all is left in the report as an ArchiverReport.
 */
export interface ArchiveOrder {
  /** File to create; must not exist. */
  readonly file: string;
  /** Where to leave the report. */
  readonly report: string;
  /** Whether memory will come; then a socket is listened on. */
  readonly memory: boolean;
  /** Memory comes in the background: for the first moment it is only read (see archive-process.ts). */
  readonly guestFirst: boolean;
  /** As in a SinkOrder. */
  readonly pipe: string | null;
  /** Whom QEMU runs as, so that it may connect; null if that is us, or unknown. */
  readonly owner: { readonly uid: number; readonly gid: number } | null;
  readonly blockSize: number | null;
  readonly dictionary: 'auto' | 'on' | 'off';
  readonly comment: string;
  readonly secret: Secret | null;
  /** The archive that this one is to lean on. */
  readonly base: string | null;
}

export interface ArchiveFinish {
  readonly disks: readonly ArchiveDiskOrder[];
  readonly documents: Readonly<Record<string, string>>;
  /** Small binary streams, in base64. */
  readonly bytes?: Readonly<Record<string, string>>;
}

export interface ArchiveDiskOrder {
  /** Name of the stream: `disk/vda` goes by `vda`. */
  readonly name: string;
  /** Kept as it is, under this very name, rather than as a disk. */
  readonly small: boolean;
  /** Where it is read: an NBD export on a unix socket. */
  readonly socket: string;
  readonly export: string;
}

export type ArchiverNews =
  | { readonly ready: true }
  /** What has been read so far, in bytes. */
  | { readonly done: number; readonly stored: number };

/** The same as a SinkReport, for an archive: with a `failure` there is none. */
export interface ArchiverReport {
  /** Bytes of memory that came, and that went into the archive. */
  readonly received: number;
  readonly written: number;
  /** An errno name, or a sentence. */
  readonly failure: string | null;
  readonly archive?: {
    readonly uuid: string;
    readonly bytes: number;
    readonly dictionary: boolean;
    readonly streams: readonly {
      readonly name: string;
      readonly size: number;
      readonly storedBytes: number;
    }[];
  };
}
