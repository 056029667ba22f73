import { createHash } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
import type { LaunchRecord } from './relaunch-record.js';

/** A disk as it was when memory was saved: memory fits nothing else. */
export interface SavedDisk {
  readonly target: string;
  readonly names: readonly string[];
  readonly chain: readonly string[];
  readonly file: string;
  readonly format: string;
  /** Undefined for what is no local file. */
  readonly identity: DiskIdentity | undefined;
}

export interface DiskIdentity {
  /** Bytes of the file. */
  readonly size: number;
  /** Nanoseconds since 1970, in decimal. */
  readonly modified: string;
  /** SHA-256 of its beginning, where an image's header and tables are. */
  readonly beginning: string;
}

/** What is kept behind the memory of a saved guest. */
export interface SavedGuest {
  readonly version: 1;
  readonly domain: string;
  readonly uuid: string;
  readonly socket: string;
  readonly agentSocket: string | null;
  /** Whether it is to run once restored. */
  readonly running: boolean;
  readonly savedAt: string;
  readonly launch: LaunchRecord;
  readonly disks: readonly SavedDisk[];
}

/**
 * The file is QEMU's migration stream, then the description as JSON, then this with the lengths of both, in bytes: a
 * stream's length isn't known beforehand, and a file that was cut lacks its end.
 */
const END = 'SNAPCTL SAVED GUEST 1\n';
const FOOTER = END.length + 16;
const MAX_DESCRIPTION = 64 * 1024 * 1024;
const BEGINNING = 64 * 1024;

/** The file is no saved guest of ours. */
export class NotASave extends Error {
  override readonly name = 'NotASave';
}

/** Adds the description to a file that holds the stream, and makes both durable. */
export async function appendDescription(file: string, guest: SavedGuest): Promise<void> {
  const description = Buffer.from(JSON.stringify(guest));
  const handle = await open(file, 'r+');
  try {
    const { size } = await handle.stat();
    const footer = Buffer.alloc(FOOTER);
    footer.writeBigUInt64LE(BigInt(size), 0);
    footer.writeBigUInt64LE(BigInt(description.length), 8);
    footer.write(END, 16, 'latin1');
    const { bytesWritten } = await handle.writev([description, footer], size);
    if (bytesWritten < description.length + FOOTER) throw new Error(`'${file}' could not be written whole`);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** @returns the description, and how long the stream before it is. @throws NotASave, SystemError */
export async function readSave(file: string): Promise<{ guest: SavedGuest; streamLength: number }> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    if (size < FOOTER) throw new NotASave(file);
    const { buffer: footer } = await handle.read(Buffer.alloc(FOOTER), 0, FOOTER, size - FOOTER);
    if (footer.toString('latin1', 16) !== END) throw new NotASave(file);
    const [stream, length] = [Number(footer.readBigUInt64LE(0)), Number(footer.readBigUInt64LE(8))];
    if (length > MAX_DESCRIPTION || stream + length + FOOTER !== size) throw new NotASave(file);
    const { buffer } = await handle.read(Buffer.alloc(length), 0, length, stream);
    const guest = JSON.parse(buffer.toString()) as SavedGuest;
    if (guest.version !== 1) throw new NotASave(file);
    return { guest, streamLength: stream };
  } catch (error) {
    throw error instanceof SyntaxError ? new NotASave(file) : error;
  } finally {
    await handle.close();
  }
}

/** @returns undefined for what is no local file. */
export async function identifyDisk(file: string): Promise<DiskIdentity | undefined> {
  const found = await stat(file, { bigint: true }).catch(() => undefined);
  if (!found || !(found.isFile() || found.isBlockDevice())) return undefined;
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(BEGINNING), 0, BEGINNING, 0);
    const beginning = createHash('sha256').update(buffer.subarray(0, bytesRead)).digest('hex');
    // A device has no time of its own that would tell.
    const modified = found.isFile() ? String(found.mtimeNs) : '';
    return { size: Number(found.size), modified, beginning };
  } finally {
    await handle.close();
  }
}

/** Disks that are not as they were, each with what is the matter. */
export async function changedDisks(disks: readonly SavedDisk[]): Promise<string[]> {
  const changed: string[] = [];
  for (const { target, file, identity } of disks) {
    if (!identity) continue;
    const now = await identifyDisk(file).catch(() => undefined);
    const reason = !now
      ? 'is missing'
      : now.size !== identity.size ||
          now.modified !== identity.modified ||
          now.beginning !== identity.beginning
        ? 'has been changed'
        : undefined;
    if (reason) changed.push(`disk '${target}' ('${file}') ${reason}`);
  }
  return changed;
}
