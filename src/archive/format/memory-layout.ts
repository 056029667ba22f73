import { FormatError, mustHold } from './format-error.js';

/**
 * How a migration stream is put together again from its pages and everything else. The layout begins with one byte,
 * the base-2 logarithm of the page size, and goes on with these operations; numbers are LEB128.
 */
export const LayoutOp = {
  /** length, bytes: the stream goes on with these bytes. */
  LITERAL: 0,
  /** count: so many pages, each with its header `address | 0x28`, ascending. */
  PAGES: 1,
  /** count: so many pages of zeroes: header `address | 0x22` and a zero byte. */
  ZEROES: 2,
  /** page number: the next page's address, divided by the page size. */
  ADDRESS: 3,
  /** One page without a header. */
  BODY: 4,
  /** number: from here on, pages come from this group. */
  GROUP: 5,
  /** length, name: from here on, addresses are in this RAM block. Adds nothing to the stream. */
  RAM_BLOCK: 6,
} as const;
export type LayoutOp = (typeof LayoutOp)[keyof typeof LayoutOp];

/** Flags of a page's header in QEMU's stream: PAGE | CONTINUE, and ZERO | CONTINUE. */
export const PAGE_FLAGS = 0x28;
export const ZERO_FLAGS = 0x22;

export const MAX_LITERAL = 64 * 1024;
const MAX_NAME = 255;
/** Pages in one operation. */
export const MAX_RUN = 2 ** 32 - 1;

/** Collects operations as bytes. */
export class LayoutBuilder {
  #bytes = Buffer.allocUnsafe(MAX_LITERAL + 1024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The bytes so far, which are then forgotten. They are valid until something is added. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.#length);
    this.#length = 0;
    return taken;
  }

  start(pageShift: number): void {
    this.#byte(pageShift);
  }

  op(op: LayoutOp): void {
    this.#byte(op);
  }

  number(op: LayoutOp, value: number): void {
    this.#byte(op);
    this.#number(value);
  }

  /** @param bytes at most MAX_LITERAL for LITERAL, 255 for RAM_BLOCK */
  bytes(op: LayoutOp, bytes: Uint8Array): void {
    this.#byte(op);
    this.#number(bytes.length);
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  #number(value: number): void {
    this.#reserve(8);
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#length++] = rest;
  }

  #byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return;
    const longer = Buffer.allocUnsafe(Math.max(2 * this.#bytes.length, this.#length + bytes));
    this.#bytes.copy(longer, 0, 0, this.#length);
    this.#bytes = longer;
  }
}

/** An operation; `bytes` of a literal may be a part of it, the rest follows as literals of their own. */
export interface LayoutStep {
  readonly op: LayoutOp;
  readonly value: number;
  readonly bytes: Buffer | undefined;
}

/** What a parser knows between two pieces; a few hundred bytes at most. */
export interface LayoutParserState {
  readonly carry: Buffer;
  readonly literal: number;
  readonly pageShift: number;
}

/** Reads a layout piece by piece. */
export class LayoutParser {
  #carry: Buffer;
  /** Bytes of a literal that are still to come. */
  #literal: number;
  #pageShift: number;
  #consumed = 0;

  constructor(state: LayoutParserState = { carry: Buffer.alloc(0), literal: 0, pageShift: 0 }) {
    this.#carry = state.carry;
    this.#literal = state.literal;
    this.#pageShift = state.pageShift;
  }

  /** 0 until the first byte has been read. */
  get pageShift(): number {
    return this.#pageShift;
  }

  /** Bytes of the piece pushed last that the steps given out so far have used up. */
  get consumed(): number {
    return this.#consumed;
  }

  state(): LayoutParserState {
    return { carry: Buffer.from(this.#carry), literal: this.#literal, pageShift: this.#pageShift };
  }

  /** Whether the layout may end here. */
  get complete(): boolean {
    return this.#carry.length === 0 && this.#literal === 0;
  }

  /** @throws FormatError `damaged` */
  *push(piece: Buffer): Generator<LayoutStep> {
    const before = this.#carry.length;
    const bytes = before > 0 ? Buffer.concat([this.#carry, piece]) : piece;
    this.#carry = Buffer.alloc(0);
    let at = 0;
    if (this.#pageShift === 0 && bytes.length > 0) {
      this.#pageShift = bytes[at++] as number;
      mustHold(
        this.#pageShift >= 10 && this.#pageShift <= 20,
        'the memory layout has an impossible page size',
      );
    }
    while (at < bytes.length) {
      if (this.#literal > 0) {
        const part = bytes.subarray(at, at + this.#literal);
        at += part.length;
        this.#literal -= part.length;
        this.#consumed = at - before;
        yield { op: LayoutOp.LITERAL, value: part.length, bytes: part };
        continue;
      }
      const start = at;
      const op = bytes[at++] as number;
      if (op === LayoutOp.BODY) {
        this.#consumed = at - before;
        yield { op, value: 1, bytes: undefined };
        continue;
      }
      if (op > LayoutOp.RAM_BLOCK)
        throw new FormatError('damaged', 'the memory layout has an unknown operation');
      let value = 0;
      let scale = 1;
      let byte = 0x80;
      while (byte >= 0x80 && at < bytes.length) {
        byte = bytes[at++] as number;
        value += (byte & 0x7f) * scale;
        scale *= 0x80;
        mustHold(scale <= 2 ** 49, 'the memory layout has a number that is too large');
      }
      if (byte >= 0x80 || (op === LayoutOp.RAM_BLOCK && at + value > bytes.length && value <= MAX_NAME)) {
        this.#carry = Buffer.from(bytes.subarray(start));
        return;
      }
      if (op === LayoutOp.LITERAL) {
        mustHold(value <= MAX_LITERAL, 'the memory layout has a literal that is too long');
        this.#literal = value;
      } else if (op === LayoutOp.RAM_BLOCK) {
        mustHold(value <= MAX_NAME, 'the memory layout has a name that is too long');
        const name = bytes.subarray(at, at + value);
        at += value;
        this.#consumed = at - before;
        yield { op, value, bytes: name };
      } else {
        const isPlace = op === LayoutOp.ADDRESS || op === LayoutOp.GROUP;
        mustHold(isPlace || value <= MAX_RUN, 'the memory layout has a run that is too long');
        this.#consumed = at - before;
        yield { op: op as LayoutOp, value, bytes: undefined };
      }
    }
  }
}
