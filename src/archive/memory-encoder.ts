import { LayoutBuilder, LayoutOp, MAX_LITERAL, MAX_RUN, PAGE_FLAGS } from './format/memory-layout.js';
import { MigrationParser, type MigrationParts } from './migration-parser.js';

export const PAGE_SHIFT = 12;
const PAGE_SIZE = 2 ** PAGE_SHIFT;
const PAGE_HEADER = 8;

export interface MemoryOutput {
  /** A buffer of a block's length, for a group of pages. */
  takeBuffer(): Buffer;
  /**
   * A group is whole: pages of one aligned block of guest addresses, each at its place, zeroes elsewhere.
   * @param number of the block, counted in blocks from the RAM block's beginning.
   */
  group(buffer: Buffer, ramBlock: string, number: number): void;
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
  #group: Buffer | undefined;
  #groupNumber = 0;
  #used: Uint8Array;

  #address = 0;
  #withHeader = false;
  /** Bytes of the current page that have come; undefined between pages. */
  #pageFilled: number | undefined;
  #pageStart = 0;

  constructor(blockSize: number, output: MemoryOutput) {
    this.#pagesPerGroup = blockSize / PAGE_SIZE;
    this.#used = new Uint8Array(this.#pagesPerGroup);
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
      const filled = Buffer.from(this.#group.subarray(this.#pageStart, this.#pageStart + this.#pageFilled));
      this.#used[this.#pageStart / PAGE_SIZE] = 0;
      this.#pageFilled = undefined;
      if (this.#withHeader) this.other(this.#pageHeader());
      this.other(filled);
    }
    this.#parser.end();
    this.#flush();
    this.#closeGroup();
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
    this.#closeGroup();
    this.#ramBlock = name.toString('latin1');
    this.#layout.bytes(LayoutOp.RAM_BLOCK, name);
  }

  page(address: number, withHeader: boolean): void {
    const page = address / PAGE_SIZE;
    const number = Math.floor(page / this.#pagesPerGroup);
    const slot = page % this.#pagesPerGroup;
    if (!this.#group || number !== this.#groupNumber || this.#used[slot] === 1) {
      this.#closeGroup();
      this.#flush();
      this.#layout.op(LayoutOp.GROUP);
      this.#group = this.#output.takeBuffer();
      this.#groupNumber = number;
      this.#used.fill(0);
    }
    this.#used[slot] = 1;
    this.#goTo(page);
    this.#address = address;
    this.#withHeader = withHeader;
    this.#pageStart = slot * PAGE_SIZE;
    this.#pageFilled = 0;
  }

  pageBytes(bytes: Buffer): void {
    const filled = this.#pageFilled ?? 0;
    bytes.copy(this.#group as Buffer, this.#pageStart + filled);
    this.#pageFilled = filled + bytes.length;
    if (this.#pageFilled < PAGE_SIZE) return;
    this.#pageFilled = undefined;
    if (this.#withHeader) {
      this.#extend(LayoutOp.PAGES);
    } else {
      this.#flush();
      this.#layout.op(LayoutOp.BODY);
    }
    this.#next++;
  }

  zeroPage(address: number): void {
    this.#goTo(address / PAGE_SIZE);
    this.#extend(LayoutOp.ZEROES);
    this.#next++;
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

  #closeGroup(): void {
    const group = this.#group;
    if (!group) return;
    this.#group = undefined;
    this.#used.forEach((used, slot) => {
      if (used === 0) group.fill(0, slot * PAGE_SIZE, (slot + 1) * PAGE_SIZE);
    });
    this.#output.group(group, this.#ramBlock, this.#groupNumber);
  }

  #pageHeader(): Buffer {
    const header = Buffer.allocUnsafe(PAGE_HEADER);
    header.writeBigUInt64BE(BigInt(this.#address) | BigInt(PAGE_FLAGS));
    return header;
  }
}
