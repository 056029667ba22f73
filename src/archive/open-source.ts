import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ArchiveError } from './archive-error.js';
import { ArchiveFile } from './archive-file.js';
import { BlockSource } from './block-source.js';
import type { OpenOptions, Secret } from './contract.js';
import { ChunkType } from './format/chunk.js';
import { decodeFooter, FOOTER_BYTES, type Footer } from './format/footer.js';
import { HEADER_BYTES } from './format/header.js';
import { decodeIndexRoot, type IndexRoot } from './format/index-root.js';

/** A chain of thin archives that is longer is taken for a mistake. */
const MAX_CHAIN = 32;
export const CACHE_BYTES = 32 * 1024 * 1024;

export interface OpenedSource {
  readonly source: BlockSource;
  readonly footer: Footer;
}

/** Opens an archive, and its bases. @throws ArchiveError, SystemError */
export async function openSource(path: string, options: OpenOptions, depth = 0): Promise<OpenedSource> {
  const file = await ArchiveFile.open(path, options.secret);
  try {
    const footer = await readFooter(file);
    const root = await readRoot(file, footer);
    const base = root.base && !options.withoutBase ? await openBase(file, root, options, depth) : undefined;
    const cacheBytes = options.cacheBytes ?? CACHE_BYTES;
    return { source: new BlockSource(file, root, base, cacheBytes), footer };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function readFooter(file: ArchiveFile): Promise<Footer> {
  const length = Math.min(FOOTER_BYTES, Math.max(0, file.length - HEADER_BYTES));
  const bytes = await file.read(file.length - length, length);
  return file.decode(() => decodeFooter(bytes, file.header.uuid, file.length));
}

async function readRoot(file: ArchiveFile, footer: Footer): Promise<IndexRoot> {
  const place = { offset: footer.indexOffset, length: footer.indexLength };
  const { payload } = await file.readChunk(ChunkType.INDEX, place);
  if (!createHash('sha256').update(payload).digest().equals(footer.indexHash)) {
    throw file.damaged('its index is another than its footer says');
  }
  return file.decode(() => decodeIndexRoot(payload, file.header.blockSize, footer.indexOffset));
}

/** @param depth how many archives lie on this one. @throws ArchiveError */
export async function openBase(
  file: ArchiveFile,
  root: IndexRoot,
  options: OpenOptions,
  depth: number,
): Promise<BlockSource> {
  const wanted = root.base as NonNullable<IndexRoot['base']>;
  if (depth >= MAX_CHAIN) throw file.damaged(`it lies on more than ${MAX_CHAIN} archives`);
  // The name is only believed as far as its last part.
  const beside = join(dirname(file.path), basename(wanted.name));
  const candidates = [...(options.bases ?? []), ...((await isFile(beside)) ? [beside] : [])];
  for (const candidate of candidates) {
    if (!(await isArchive(candidate, options.secret, wanted))) continue;
    const { source } = await openSource(candidate, options, depth + 1);
    if (source.blockSize === file.header.blockSize) return source;
    await source.close();
    throw file.damaged(`its blocks are not as long as those of its base '${candidate}'`);
  }
  const needs = `archive '${file.path}' needs its base '${wanted.name}' (UUID ${dashed(wanted.uuid)})`;
  const last = candidates.at(-1);
  if (last === undefined) throw new ArchiveError('needs-base', `${needs}, which is not beside it`);
  throw new ArchiveError('wrong-base', `${needs}, and '${last}' is another archive`);
}

/** Whether a file is the very archive that is wanted. @throws ArchiveError it is, or may be, but can't be read */
async function isArchive(
  path: string,
  secret: Secret | undefined,
  wanted: { readonly uuid: string; readonly indexHash: string },
): Promise<boolean> {
  const file = await ArchiveFile.open(path, secret);
  try {
    if (file.header.uuid.toString('hex') !== wanted.uuid) return false;
    const { indexHash } = await readFooter(file);
    return indexHash.toString('hex') === wanted.indexHash;
  } finally {
    await file.close();
  }
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

/** `8-4-4-4-12`, as UUIDs are printed. */
export const dashed = (uuid: string): string =>
  uuid.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
