import type { Readable } from 'node:stream';

/**
 * What a stream is, which decides how it is stored:
 * `memory` QEMU's migration stream, `disk` what a guest sees of one disk, `bytes` small binary data such as NVRAM,
 * `document` text.
 */
export type StreamKind = 'memory' | 'disk' | 'bytes' | 'document';

/** What opens an encrypted archive. A key file is read whole, up to 1 MiB; its bytes, whatever they are, are the key. */
export type Secret = { readonly passphrase: string } | { readonly keyFile: string };

/** How far a writer is; all in bytes. */
export interface WriteProgress {
  /** Given by the caller so far, in all streams; zero extents count. */
  readonly plain: number;
  /** In the file so far. */
  readonly stored: number;
}

export interface CreateOptions {
  /** Plain bytes in a block: a power of two from 4 KiB to 1 MiB; 64 KiB by default. The base's if there is one. */
  readonly blockSize?: number;
  /**
   * Store only what this archive lacks. It must be open until the writer has finished, and is not closed by it.
   * An archive on an encrypted base must be encrypted, too.
   */
  readonly base?: ArchiveReader;
  readonly encryption?: Secret;
  /** `auto`, the default: only if a trial on the first blocks of memory shows that it pays. */
  readonly dictionary?: 'auto' | 'on' | 'off';
  /** At most 4,096 bytes of UTF-8. */
  readonly comment?: string;
  /** Makes every later call, and those that wait, fail; abort() must still be called. */
  readonly signal?: AbortSignal;
}

/**
 * Bytes that are appended as they come. One call at a time per stream; different streams may be written at the same
 * time.
 */
export interface AppendWriter {
  /**
   * The bytes are copied before the call returns; the promise is fulfilled when more may be given.
   * @throws ArchiveError, SystemError what made the writer fail; every later call fails with the same.
   */
  append(bytes: Uint8Array): Promise<void>;
  /** No more will come. The stream's last blocks may still be on their way to the file. */
  end(): Promise<void>;
}

export interface DiskWriter {
  /**
   * Copies as append() does. Offsets ascend and don't overlap; what is skipped reads as zeroes. Neither offset nor
   * length need be aligned, but whole blocks save a copy's worth of work.
   */
  writeAt(offset: number, bytes: Uint8Array): Promise<void>;
  end(): Promise<void>;
}

/**
 * Writes one archive. Until finish() returns there is no file of the archive's name: it is written under a temporary
 * name (`.NAME.XXXXXXXXXXXX.part`) in the same folder, mode 0600.
 */
export interface ArchiveWriter {
  readonly uuid: string;
  readonly blockSize: number;
  readonly progress: WriteProgress;
  /** The stream `memory`. */
  memory(): AppendWriter;
  /**
   * The stream `disk/NAME`.
   * @param name letters, digits, `_`, `-` and `.`, not first; at most 64.
   * @param size what the guest sees, in bytes.
   */
  disk(name: string, size: number): DiskWriter;
  /** Binary data of a name like `nvram`. */
  bytes(name: string): AppendWriter;
  /** A text of a name like `domain.json`, at most 64 MiB. */
  document(name: string, text: string): Promise<void>;
  /**
   * Waits for everything given, writes index and footer, syncs, and gives the file its name. All streams must have
   * ended. If it fails, abort() must follow.
   * @throws ArchiveError a stream has not ended; SystemError EEXIST a file of this name has come into being: it is
   * never replaced.
   */
  finish(): Promise<WriteSummary>;
  /** Removes what was written. Waits for what is under way; never throws; may be called at any time, also after finish(), when it does nothing. */
  abort(): Promise<void>;
}

export interface WriteSummary {
  readonly path: string;
  readonly uuid: string;
  /** Length of the file. */
  readonly bytes: number;
  readonly streams: readonly StreamInfo[];
  readonly dictionary: boolean;
}

/** Where the blocks of a stream come from, in blocks, and what they take. */
export interface BlockCounts {
  readonly zero: number;
  /** Stored for the first time, as they are or compressed. */
  readonly raw: number;
  readonly compressed: number;
  /** Stored already, elsewhere in this archive. */
  readonly shared: number;
  /** Wholly in the base. */
  readonly base: number;
  /** Stored as a difference from a block of the base. */
  readonly patch: number;
  /** Bytes in this file that only this stream's own blocks take. */
  readonly storedBytes: number;
}

export interface StreamInfo {
  /** `memory`, `disk/NAME`, `nvram`, `domain.json`, … */
  readonly name: string;
  readonly kind: StreamKind;
  /** Plain bytes. */
  readonly size: number;
  readonly blocks: BlockCounts;
}

export interface BaseIdentity {
  readonly uuid: string;
  /** SHA-256 of the base's index, hexadecimal. */
  readonly indexHash: string;
  /** File name without a folder, where the base was then: a hint. */
  readonly name: string;
}

export interface ArchiveInfo {
  readonly path: string;
  readonly version: number;
  readonly uuid: string;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly comment: string;
  readonly blockSize: number;
  readonly encrypted: boolean;
  readonly dictionary: boolean;
  /** Length of the file. */
  readonly bytes: number;
  /** SHA-256, hexadecimal. */
  readonly indexHash: string;
  readonly base: BaseIdentity | undefined;
  readonly streams: readonly StreamInfo[];
}

export interface OpenOptions {
  /**
   * Files that may be the base, or the base's base. Without them, and after them, the name that the archive remembers
   * is looked for beside the archive.
   */
  readonly bases?: readonly string[];
  /** For the archive and its bases alike. */
  readonly secret?: Secret;
  /** Don't look for the base; reading a block that needs it then fails. For listing. */
  readonly withoutBase?: boolean;
  /** Upper bound of what is kept decompressed, in bytes; 32 MiB by default. */
  readonly cacheBytes?: number;
}

export interface ReadOptions {
  /** First byte; 0 by default. */
  readonly start?: number;
  /** Byte after the last; the stream's size by default. */
  readonly end?: number;
  /**
   * Told of each damage; zeroes are then read in its place. Without it, reading ends with an error. Damage to what
   * tells where everything is ends it in either case.
   */
  readonly lost?: (damage: Damage) => void;
  readonly signal?: AbortSignal;
}

/** A run of a disk's bytes that is either all zeroes or stored somewhere. */
export interface Extent {
  readonly offset: number;
  readonly length: number;
  readonly zero: boolean;
}

/**
 * An open archive. Any number of reads may be under way at the same time. Every block that is read is checked: no call
 * ever returns damaged bytes.
 */
export interface ArchiveReader {
  readonly info: ArchiveInfo;
  /** @throws ArchiveError `unknown-stream` */
  stream(name: string): StreamInfo;
  /**
   * Random access, also into `memory`.
   * @returns exactly `length` bytes, less only at the stream's end. Never to be changed: it may be shared.
   * @throws ArchiveError what is damaged, and where
   */
  read(stream: string, offset: number, length: number): Promise<Buffer>;
  /** The same in sequence, decompressing ahead on all cores, no further than the consumer's pace allows. */
  readable(stream: string, options?: ReadOptions): Readable;
  /** As readable(), for `for await`; chunks are as long as is convenient, zeroes included. */
  chunks(stream: string, options?: ReadOptions): AsyncIterable<Buffer>;
  /** The runs of zeroes and of data, from `offset` on, in ascending order, to whole blocks; neighbours always differ. Not for `memory`. */
  extents(stream: string, offset?: number, length?: number): AsyncIterable<Extent>;
  /** A text stream. @throws ArchiveError it is not there, or damaged */
  document(name: string): Promise<string>;
  /** Waits for reads under way. Closes bases that it opened. */
  close(): Promise<void>;
}

/** Everything that can be wrong with an archive or with its use. */
export type ArchiveProblem =
  /** The file is empty. */
  | 'empty'
  /** Not an archive of ours. */
  | 'not-an-archive'
  /** Written by a later version of the format, or with a feature that this reader lacks. */
  | 'newer-version'
  /** Cut off, or never finished. */
  | 'truncated'
  /** Bytes differ from what was written. */
  | 'damaged'
  /** It is encrypted, and no secret was given. */
  | 'needs-key'
  | 'wrong-key'
  /** The base was not found. */
  | 'needs-base'
  /** A file given as the base is another archive. */
  | 'wrong-base'
  | 'unknown-stream'
  /** The caller's mistake: a name, an order of calls. */
  | 'misuse';

/** One thing that is wrong. */
export interface Damage {
  readonly problem: ArchiveProblem;
  /** Undefined where it concerns the whole file. */
  readonly stream?: string;
  /** Plain bytes of the stream that it makes unreadable. */
  readonly offset?: number;
  readonly length?: number;
  /** A sentence. */
  readonly message: string;
}

export interface VerifyProgress {
  /** Bytes of stored data read and checked, of how many. */
  readonly checked: number;
  readonly total: number;
}

export interface VerifyOptions {
  /** Check the blocks that lie in bases, too; true by default. */
  readonly withBase?: boolean;
  /** Stop after so many damages; 1,000 by default. */
  readonly maxDamages?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: VerifyProgress) => void;
}

export interface VerifyReport {
  readonly sound: boolean;
  /** Blocks looked at, and the plain bytes in them. */
  readonly blocks: number;
  readonly plainBytes: number;
  readonly storedBytes: number;
  readonly damages: readonly Damage[];
}

/** How a stream of two archives differs. */
export interface StreamDifference {
  readonly name: string;
  readonly kind: StreamKind;
  readonly state: 'same' | 'changed' | 'added' | 'removed';
  /** Undefined where it isn't. */
  readonly sizeBefore: number | undefined;
  readonly sizeAfter: number | undefined;
  /** Plain bytes of blocks of the second that the first has not got at the same place (for memory: at the same guest address). */
  readonly changedBytes: number;
  /** Runs of those, for disks; at most 10,000. */
  readonly ranges: readonly { readonly offset: number; readonly length: number }[];
}

export interface ExtractOptions {
  /** Go on after damage, leaving zeroes in its place. */
  readonly salvage?: boolean;
  /** Leave holes where blocks are zero; true by default. */
  readonly sparse?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface ExtractReport {
  readonly bytes: number;
  /** With `salvage`, what was left out. */
  readonly damages: readonly Damage[];
}
