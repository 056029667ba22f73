import { ArchiveError } from './archive-error.js';
import { blockSequence, type SequenceOptions } from './block-sequence.js';
import type { Block, BlockSource } from './block-source.js';
import type { ReadOptions } from './contract.js';
import type { BlockArray, StoredStream } from './format/index-root.js';
import {
  LayoutOp,
  LayoutParser,
  type LayoutParserState,
  type LayoutStep,
  PAGE_FLAGS,
  ZERO_FLAGS,
} from './format/memory-layout.js';
import { RangeCollector } from './range-collector.js';

const PAGE_HEADER = 8;
const MAX_ADDRESS = 2 ** 52;
/** A place to start from is remembered every so many bytes of the stream. */
const CHECKPOINT_BYTES = 4 * 1024 * 1024;
/** Groups that are kept for the pages to come. */
const RECENT_GROUPS = 32;
/** From so many bytes on, pages are decompressed ahead. */
const SEQUENTIAL_BYTES = 2 * 1024 * 1024;

/** Where in a layout one is. */
interface Position {
  /** Block of the layout, bytes of it that have been read, and what the parser knows then. */
  readonly layoutBlock: number;
  readonly read: number;
  readonly parser: LayoutParserState;
  /** Offset in the migration stream. */
  readonly offset: number;
  /** Number of the next page. */
  readonly page: number;
  /** Group that pages come from; -1 before the first. */
  readonly group: number;
}

const START: Position = {
  layoutBlock: 0,
  read: 0,
  parser: { carry: Buffer.alloc(0), literal: 0, pageShift: 0 },
  offset: 0,
  page: 0,
  group: -1,
};

/** Puts a migration stream together from its layout and its pages. */
export class MemoryAssembler {
  readonly #source: BlockSource;
  readonly #layout: BlockArray;
  readonly #pages: BlockArray;
  readonly size: number;
  /** Ascending; complete once the whole layout has been read. */
  #checkpoints: Promise<readonly Position[]> | undefined;

  constructor(source: BlockSource, stream: StoredStream) {
    this.#source = source;
    [this.#layout, this.#pages] = stream.arrays as [BlockArray, BlockArray];
    this.size = stream.size;
  }

  /** The stream's bytes from `start` to `end`. @throws ArchiveError */
  async *pieces(start: number, end: number, options: ReadOptions = {}): AsyncGenerator<Buffer, void, void> {
    const { signal } = options;
    if (start >= end) return;
    const from = start === 0 ? START : await this.#checkpointBefore(start);
    const groups = new Groups(this.#source, this.#pages, end - start >= SEQUENTIAL_BYTES, options);
    const output = new RangeCollector(start, end, from.offset);
    try {
      for await (const { step, before } of this.#walk(from, signal)) {
        yield* this.#perform(step, before, groups, output);
        if (output.offset >= end) break;
      }
      if (output.offset < end) throw this.#damaged('its memory layout ends before the stream does');
      yield* output.take();
    } finally {
      await groups.close();
    }
  }

  /** Where each group of pages belongs, in the order of groups. */
  async *groups(): AsyncGenerator<{ ramBlock: string; number: number; group: number }, void, void> {
    let ramBlock = '';
    let pending = false;
    let last = -1;
    for await (const { step, before } of this.#walk(START)) {
      if (step.op === LayoutOp.RAM_BLOCK) ramBlock = (step.bytes as Buffer).toString('latin1');
      // A group is told of when it is new.
      if (step.op === LayoutOp.GROUP && step.value > last) {
        last = step.value;
        pending = true;
      }
      if (pending && (step.op === LayoutOp.PAGES || step.op === LayoutOp.BODY)) {
        pending = false;
        const { group, page } = before;
        yield { ramBlock, number: Math.floor(page / this.#pagesPerGroup(before.pageSize)), group };
      }
    }
  }

  /** How far the layout goes, in bytes of the stream, if it may be cut off. */
  async measure(): Promise<number> {
    let reached = 0;
    try {
      for await (const { step, before } of this.#walk(START)) {
        reached = before.offset + stepBytes(step, before.pageSize);
      }
    } catch (error) {
      if (!(error instanceof ArchiveError)) throw error;
    }
    return reached;
  }

  /** Reads the whole layout; it must come out at the stream's size. @throws ArchiveError */
  async check(signal?: AbortSignal): Promise<void> {
    let reached = 0;
    for await (const { step, before } of this.#walk(START, signal)) {
      reached = before.offset + stepBytes(step, before.pageSize);
    }
    if (reached !== this.size)
      throw this.#damaged('its memory layout does not come to the size of the stream');
  }

  #pagesPerGroup(pageSize: number): number {
    return this.#source.blockSize / pageSize;
  }

  /** Every step of the layout from a position on, with where one is before it. */
  async *#walk(
    from: Position,
    signal?: AbortSignal,
    onStep?: (offset: number, position: () => Position) => void,
  ): AsyncGenerator<{ step: LayoutStep; before: StepPlace }, void, void> {
    const { blockSize } = this.#source;
    const parser = new LayoutParser(from.parser);
    let { offset, page, group } = from;
    const last = Math.ceil(this.#layout.bytes / blockSize);
    let layoutBlock = from.layoutBlock;
    const range = { from: layoutBlock, to: last };
    for await (const block of blockSequence(this.#source, this.#layout, range, { signal })) {
      signal?.throwIfAborted();
      const whole = block === 'zero' ? Buffer.alloc(this.#source.lengthOf(this.#layout, layoutBlock)) : block;
      const skipped = layoutBlock === from.layoutBlock ? from.read : 0;
      const steps = parser.push(whole.subarray(skipped));
      for (;;) {
        const next = this.#source.file.decode(() => steps.next());
        if (next.done) break;
        const step = next.value;
        const pageSize = 2 ** parser.pageShift;
        if (step.op === LayoutOp.GROUP) group = step.value;
        else if (step.op === LayoutOp.ADDRESS) page = step.value;
        const pages = isRun(step) ? step.value : 0;
        if ((page + pages) * pageSize > MAX_ADDRESS) {
          throw this.#damaged('its memory layout has an impossible address');
        }
        yield { step, before: { offset, page, group, pageSize } };
        offset += stepBytes(step, pageSize);
        page += pages;
        if (offset > this.size)
          throw this.#damaged('its memory layout goes on beyond the size of the stream');
        onStep?.(offset, () => ({
          ...{ layoutBlock, read: skipped + parser.consumed, parser: parser.state() },
          ...{ offset, page, group },
        }));
      }
      layoutBlock++;
    }
    if (!parser.complete) throw this.#damaged('its memory layout is cut off');
  }

  async *#perform(
    { op, value, bytes }: LayoutStep,
    before: StepPlace,
    groups: Groups,
    output: RangeCollector,
  ): AsyncGenerator<Buffer, void, void> {
    const { pageSize, group } = before;
    if (op === LayoutOp.LITERAL) {
      output.add(bytes as Buffer);
    } else if (op === LayoutOp.ZEROES) {
      const each = PAGE_HEADER + 1;
      const [first, end] = output.wanted(value, each);
      for (let index = first; index < end; index++) {
        const item = output.reserve(each);
        writePageHeader(item, (before.page + index) * pageSize, ZERO_FLAGS);
        item[PAGE_HEADER] = 0;
        yield* output.whenFull();
      }
      output.skip((value - end) * each);
    } else if (op === LayoutOp.PAGES || op === LayoutOp.BODY) {
      const headerBytes = op === LayoutOp.PAGES ? PAGE_HEADER : 0;
      const [first, end] = output.wanted(value, headerBytes + pageSize);
      const perGroup = this.#pagesPerGroup(pageSize);
      const slot = before.page % perGroup;
      if (perGroup < 1 || slot + value > perGroup || group < 0) {
        throw this.#damaged('its memory layout takes pages from beyond a group');
      }
      const block = first < end ? await groups.get(group) : 'zero';
      for (let index = first; index < end; index++) {
        const item = output.reserve(headerBytes + pageSize);
        if (headerBytes > 0) writePageHeader(item, (before.page + index) * pageSize, PAGE_FLAGS);
        const at = (slot + index) * pageSize;
        if (block === 'zero') item.fill(0, headerBytes);
        else block.copy(item, headerBytes, at, at + pageSize);
        yield* output.whenFull();
      }
      output.skip((value - end) * (headerBytes + pageSize));
    }
    yield* output.whenFull();
  }

  async #checkpointBefore(offset: number): Promise<Position> {
    this.#checkpoints ??= this.#makeCheckpoints();
    this.#checkpoints.catch(() => {
      this.#checkpoints = undefined;
    });
    const checkpoints = await this.#checkpoints;
    let [low, high] = [0, checkpoints.length];
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if ((checkpoints[middle] as Position).offset <= offset) low = middle;
      else high = middle;
    }
    return checkpoints[low] ?? START;
  }

  async #makeCheckpoints(): Promise<readonly Position[]> {
    const checkpoints = [START];
    let last = 0;
    const note = (offset: number, position: () => Position): void => {
      if (offset - last < CHECKPOINT_BYTES) return;
      last = offset;
      checkpoints.push(position());
    };
    for await (const _ of this.#walk(START, undefined, note));
    return checkpoints;
  }

  #damaged(what: string): ArchiveError {
    return this.#source.file.damaged(what);
  }
}

interface StepPlace {
  readonly offset: number;
  readonly page: number;
  readonly group: number;
  readonly pageSize: number;
}

const isRun = ({ op }: LayoutStep): boolean =>
  op === LayoutOp.PAGES || op === LayoutOp.ZEROES || op === LayoutOp.BODY;

function stepBytes({ op, value }: LayoutStep, pageSize: number): number {
  if (op === LayoutOp.LITERAL) return value;
  if (op === LayoutOp.PAGES) return value * (PAGE_HEADER + pageSize);
  if (op === LayoutOp.ZEROES) return value * (PAGE_HEADER + 1);
  return op === LayoutOp.BODY ? pageSize : 0;
}

function writePageHeader(item: Buffer, address: number, flags: number): void {
  item.writeUInt32BE(Math.floor(address / 2 ** 32), 0);
  item.writeUInt32BE((address % 2 ** 32) + flags, 4);
}

/** The pages' blocks, which are first needed in ascending order, most of them for a short while. */
class Groups {
  readonly #source: BlockSource;
  readonly #array: BlockArray;
  readonly #ahead: boolean;
  readonly #options: SequenceOptions;
  #sequence: AsyncGenerator<Block, void, void> | undefined;
  #number = -1;
  readonly #recent = new Map<number, Block>();

  constructor(source: BlockSource, array: BlockArray, ahead: boolean, { signal, lost }: ReadOptions) {
    this.#source = source;
    this.#array = array;
    this.#ahead = ahead;
    this.#options = {
      signal,
      lost:
        lost &&
        ((group, { problem, message }) =>
          lost({ problem, stream: 'memory', message: lostPages(group, message) })),
    };
  }

  async get(number: number): Promise<Block> {
    const count = this.#source.blockCount(this.#array);
    if (number >= count) throw this.#source.file.damaged('its memory layout takes pages that are not there');
    if (!this.#ahead && !this.#options.lost) return this.#source.load(this.#array, number);
    const recent = this.#recent.get(number);
    if (recent) return recent;
    if (number <= this.#number) return this.#again(number);
    if (!this.#sequence) {
      this.#sequence = blockSequence(this.#source, this.#array, { from: number, to: count }, this.#options);
      this.#number = number - 1;
    }
    while (this.#number < number) {
      const { value, done } = await this.#sequence.next();
      if (done || value === undefined) throw this.#source.file.damaged('pages of its memory are missing');
      this.#number++;
      this.#recent.set(this.#number, value);
      for (const oldest of this.#recent.keys()) {
        if (this.#recent.size <= RECENT_GROUPS) break;
        this.#recent.delete(oldest);
      }
    }
    return this.#recent.get(number) as Block;
  }

  /** A group that was begun long ago gets pages until it is full. */
  async #again(number: number): Promise<Block> {
    try {
      return await this.#source.load(this.#array, number);
    } catch (error) {
      if (!this.#options.lost || !(error instanceof ArchiveError)) throw error;
      // It has been told of when the sequence came by.
      return 'zero';
    }
  }

  async close(): Promise<void> {
    await this.#sequence?.return();
  }
}

const lostPages = (group: number, message: string): string =>
  `${message}; group ${group} of its pages is lost`;
