import { ArchiveError } from './archive-error.js';
import type { Window } from './archive-file.js';
import type { Block, BlockSource } from './block-source.js';
import { CHUNK_HEADER_BYTES } from './format/chunk.js';
import type { BlockArray } from './format/index-root.js';
import type { Entry } from './format/leaf.js';

/** Blocks that are decompressed ahead, and how much of the file is read at once. */
const AHEAD = 24;
const WINDOW_BYTES = 1024 * 1024;
/** A chunk this far behind a window is read with the next window, because what comes next will be there, too. */
const MAX_STEP = 256 * 1024;

/** Reads a file's chunks in windows, as long as they are asked for roughly in the file's order. */
export class WindowReader {
  readonly #source: BlockSource;
  #windows: { start: number; end: number; bytes: Promise<Window> }[] = [];
  #next = 0;

  constructor(source: BlockSource) {
    this.#source = source;
  }

  /** @returns a window with the whole chunk; undefined if it is to be read by itself. */
  windowFor(offset: number, length: number): Promise<Window> | undefined {
    const end = offset + CHUNK_HEADER_BYTES + length;
    const found = this.#windows.find((each) => offset >= each.start && end <= each.end);
    if (found) return found.bytes;
    const distance = offset - this.#next;
    const inOrder = this.#windows.length === 0 || (distance >= -MAX_STEP && distance <= MAX_STEP);
    if (!inOrder || end > this.#source.file.length) {
      // Once may be a block that is shared; if more follow from there, they will be in order.
      this.#next = end;
      return undefined;
    }
    const windowEnd = Math.min(this.#source.file.length, Math.max(end, offset + WINDOW_BYTES));
    const bytes = this.#source.file
      .read(offset, windowEnd - offset)
      .then((read): Window => ({ start: offset, bytes: read }));
    bytes.catch(() => undefined);
    this.#windows = [...this.#windows.slice(-1), { start: offset, end: windowEnd, bytes }];
    this.#next = windowEnd;
    return bytes;
  }
}

export interface SequenceOptions {
  /** Told of a block that is damaged, which then counts as zero. */
  readonly lost?: ((block: number, error: ArchiveError) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Blocks of an array in sequence, decompressed ahead on all processors. @throws ArchiveError */
export async function* blockSequence(
  source: BlockSource,
  array: BlockArray,
  range: { readonly from: number; readonly to: number },
  { lost, signal }: SequenceOptions = {},
): AsyncGenerator<Block, void, void> {
  const reader = new WindowReader(source);
  const ahead: Promise<Block>[] = [];
  let next = range.from;
  try {
    while (next < range.to || ahead.length > 0) {
      while (next < range.to && ahead.length < AHEAD) {
        const block = blockAt(source, array, next, reader, lost);
        // A failure is for whoever comes to this block.
        block.catch(() => undefined);
        ahead.push(block);
        next++;
      }
      signal?.throwIfAborted();
      yield await (ahead.shift() as Promise<Block>);
    }
  } finally {
    await Promise.allSettled(ahead);
  }
}

async function blockAt(
  source: BlockSource,
  array: BlockArray,
  block: number,
  reader: WindowReader,
  lost: SequenceOptions['lost'],
): Promise<Block> {
  try {
    const entry = await source.entry(array, block);
    return await decode(source, entry, source.lengthOf(array, block), reader);
  } catch (error) {
    if (!lost || !(error instanceof ArchiveError)) throw error;
    lost(block, error);
    return 'zero';
  }
}

/** A block by its entry, through a window where that saves reading. @throws ArchiveError */
export async function decode(
  source: BlockSource,
  entry: Entry,
  length: number,
  reader: WindowReader,
): Promise<Block> {
  if (entry.kind === 'zero') return 'zero';
  const window = entry.kind === 'here' ? await reader.windowFor(entry.offset, entry.length) : undefined;
  return source.decode(entry, length, window);
}
