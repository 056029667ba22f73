import { LayoutBuilder, LayoutOp, MAX_LITERAL, MAX_RUN, PAGE_FLAGS } from './format/memory-layout.js';
import { MigrationParser, type MigrationParts } from './migration-parser.js';

export const PAGE_SHIFT = 12;
const PAGE_SIZE = 2 ** PAGE_SHIFT;
const PAGE_HEADER = 8;

/** Where a group of pages belongs. */
export interface Group {
  /** In the order in which groups are begun, from 0. */
  readonly index: number;
  readonly ramBlock: string;
  readonly number: number;
}

/** A group that may get more pages. */
interface OpenGroup extends Group {
  readonly buffer: Buffer;
  /** Of each page: 0 if it hasn't come, 1 if it is here, 2 if it was zero. */
  readonly used: Uint8Array;
  /** Pages that haven't come. */
  missing: number;
}

/**
 * Bytes of groups that are kept open. QEMU sends pages that the guest is about to write ahead of all others, and comes
 * to their neighbours later; in one group with them, the next archive finds both where it expects them.
 */
const OPEN_BYTES = 32 * 1024 * 1024;

export interface MemoryOutput {
  /** A buffer of a block's length, for a group of pages. */
  takeBuffer(): Buffer;
  /**
   * A group is whole: pages of one aligned block of guest addresses, each at its place, zeroes elsewhere. Its number
   * counts in blocks from the RAM block's beginning.
   */
  group(buffer: Buffer, group: Group): void;
  /** A group has been begun. Groups are begun in ascending order, and become whole in any. */
  begin(index: number): void;
}

/**
 * Takes a migration stream apart: pages go into groups by their address in the guest, where the next archive will find
 * them again, and the rest into a layout that tells how to put both together.
 */
export class MemoryEncoder implements MigrationParts {
  readonly #parser = new MigrationParser(this, PAGE_SIZE);
  readonly #layout = new LayoutBuilder();
  readonly #output: MemoryOutput;
  readonly #pagesPerGroup: number;

  #literal = Buffer.allocUnsafe(MAX_LITERAL);
  #literalLength = 0;
  #run: typeof LayoutOp.PAGES | typeof LayoutOp.ZEROES | undefined;
  #runLength = 0;
  /** Page number that the next page has unless an operation says otherwise. */
  #next = 0;

  #ramBlock = '';
  /** By RAM block and number; those used last come last. */
  readonly #open = new Map<string, OpenGroup>();
  readonly #maxOpen: number;
  #groups = 0;
  /** The group that the layout is at. */
  #group: OpenGroup | undefined;

  #address = 0;
  #withHeader = false;
  /** Bytes of the current page that have come; undefined between pages. */
  #pageFilled: number | undefined;
  #pageStart = 0;

  constructor(blockSize: number, output: MemoryOutput) {
    this.#pagesPerGroup = blockSize / PAGE_SIZE;
    this.#maxOpen = OPEN_BYTES / blockSize;
    this.#output = output;
    this.#layout.start(PAGE_SHIFT);
  }

  /** Pages found so far. */
  get pages(): number {
    return this.#parser.pages;
  }

  push(bytes: Buffer): void {
    this.#parser.push(bytes);
  }

  /** The layout's bytes since the last call, valid until the next push. */
  takeLayout(): Buffer {
    return this.#layout.take();
  }

  /** The stream has ended: gives out what is left. takeLayout() must follow. */
  end(): void {
    if (this.#pageFilled !== undefined && this.#group) {
      // Cut off within a page: its bytes can't be in a group, which only has whole ones.
      const { buffer, used } = this.#group;
      const filled = Buffer.from(buffer.subarray(this.#pageStart, this.#pageStart + this.#pageFilled));
      used[this.#pageStart / PAGE_SIZE] = 2;
      this.#pageFilled = undefined;
      if (this.#withHeader) this.other(this.#pageHeader());
      this.other(filled);
    }
    this.#parser.end();
    this.#flush();
    for (const group of this.#open.values()) this.#finish(group);
    this.#open.clear();
  }

  other(bytes: Buffer): void {
    this.#flushRun();
    for (let at = 0; at < bytes.length; ) {
      if (this.#literalLength === MAX_LITERAL) this.#flushLiteral();
      const copied = bytes.copy(this.#literal, this.#literalLength, at);
      this.#literalLength += copied;
      at += copied;
    }
  }

  ramBlock(name: Buffer): void {
    // QEMU says the name again at the beginning of each of its sections.
    if (name.toString('latin1') === this.#ramBlock) return;
    this.#flush();
    this.#ramBlock = name.toString('latin1');
    this.#layout.bytes(LayoutOp.RAM_BLOCK, name);
  }

  page(address: number, withHeader: boolean): void {
    const page = address / PAGE_SIZE;
    const number = Math.floor(page / this.#pagesPerGroup);
    const slot = page % this.#pagesPerGroup;
    const group = this.#groupFor(number, slot);
    if (group !== this.#group) {
      this.#flush();
      this.#layout.number(LayoutOp.GROUP, group.index);
      this.#group = group;
    }
    if (group.used[slot] === 0) group.missing--;
    group.used[slot] = 1;
    this.#goTo(page);
    this.#address = address;
    this.#withHeader = withHeader;
    this.#pageStart = slot * PAGE_SIZE;
    this.#pageFilled = 0;
  }

  pageBytes(bytes: Buffer, start: number, end: number): void {
    const filled = this.#pageFilled ?? 0;
    bytes.copy((this.#group as OpenGroup).buffer, this.#pageStart + filled, start, end);
    this.#pageFilled = filled + end - start;
    if (this.#pageFilled < PAGE_SIZE) return;
    this.#pageFilled = undefined;
    if (this.#withHeader) {
      this.#extend(LayoutOp.PAGES);
    } else {
      this.#flush();
      this.#layout.op(LayoutOp.BODY);
    }
    this.#next++;
    if (this.#group?.missing === 0) this.#close(this.#group);
  }

  zeroPage(address: number): void {
    this.#goTo(address / PAGE_SIZE);
    this.#extend(LayoutOp.ZEROES);
    this.#next++;
    this.#noteZero(address / PAGE_SIZE);
  }

  #goTo(page: number): void {
    if (page === this.#next) return;
    this.#flush();
    this.#layout.number(LayoutOp.ADDRESS, page);
    this.#next = page;
  }

  #extend(op: typeof LayoutOp.PAGES | typeof LayoutOp.ZEROES): void {
    this.#flushLiteral();
    if (this.#run !== op || this.#runLength === MAX_RUN) {
      this.#flushRun();
      this.#run = op;
    }
    this.#runLength++;
  }

  #flush(): void {
    this.#flushLiteral();
    this.#flushRun();
  }

  #flushLiteral(): void {
    if (this.#literalLength === 0) return;
    this.#layout.bytes(LayoutOp.LITERAL, this.#literal.subarray(0, this.#literalLength));
    this.#literalLength = 0;
  }

  #flushRun(): void {
    if (this.#run !== undefined) this.#layout.number(this.#run, this.#runLength);
    this.#run = undefined;
    this.#runLength = 0;
  }

  #groupFor(number: number, slot: number): OpenGroup {
    const current = this.#group;
    const isCurrent = current?.number === number && current.ramBlock === this.#ramBlock;
    if (isCurrent && current.used[slot] !== 1) return current;
    const key = `${number} ${this.#ramBlock}`;
    const found = this.#open.get(key);
    if (found) this.#open.delete(key);
    let group = found;
    if (!group || group.used[slot] === 1) {
      // The page has been sent before: this is what it holds now.
      if (found) this.#finish(found);
      group = {
        ...{ index: this.#groups++, ramBlock: this.#ramBlock, number },
        ...{ buffer: this.#output.takeBuffer(), used: new Uint8Array(this.#pagesPerGroup) },
        missing: this.#pagesPerGroup,
      };
      this.#output.begin(group.index);
    }
    this.#open.set(key, group);
    for (const [oldest, each] of this.#open) {
      if (this.#open.size <= this.#maxOpen) break;
      this.#open.delete(oldest);
      this.#finish(each);
    }
    return group;
  }

  /** A group is whole when all its pages have come, zero or not. */
  #noteZero(page: number): void {
    const number = Math.floor(page / this.#pagesPerGroup);
    const current = this.#group;
    const isCurrent = current?.number === number && current.ramBlock === this.#ramBlock;
    const group = isCurrent ? current : this.#open.get(`${number} ${this.#ramBlock}`);
    const slot = page % this.#pagesPerGroup;
    if (group?.used[slot] !== 0) return;
    group.used[slot] = 2;
    group.missing--;
    if (group.missing === 0) this.#close(group);
  }

  #close(group: OpenGroup): void {
    this.#open.delete(`${group.number} ${group.ramBlock}`);
    this.#finish(group);
  }

  #finish(group: OpenGroup): void {
    if (group === this.#group) this.#group = undefined;
    const { buffer } = group;
    group.used.forEach((used, slot) => {
      if (used !== 1) buffer.fill(0, slot * PAGE_SIZE, (slot + 1) * PAGE_SIZE);
    });
    this.#output.group(buffer, group);
  }

  #pageHeader(): Buffer {
    const header = Buffer.allocUnsafe(PAGE_HEADER);
    header.writeBigUInt64BE(BigInt(this.#address) | BigInt(PAGE_FLAGS));
    return header;
  }
}
