/**
 * Reads QEMU's migration stream just far enough to find the guest's pages in it. Behaviour: QEMU's
 * docs/devel/migration and migration/{savevm,ram}.c, versions 7.2 to 10. Everything here only decides what is kept
 * where; whatever is not understood is passed on as it is, so that nothing can be lost by a mistake.
 */
export interface MigrationParts {
  /** Bytes that are no page; valid during the call only. */
  other(bytes: Buffer): void;
  /** From here on, addresses are in this RAM block. */
  ramBlock(name: Buffer): void;
  /** A page follows whose header, if it has one of the common form, was not given to other(). */
  page(address: number, withHeader: boolean): void;
  /** Bytes of that page, from `start` to `end` in a buffer; valid during the call only. */
  pageBytes(bytes: Buffer, start: number, end: number): void;
  /** A page of zeroes with a header of the common form. */
  zeroPage(address: number): void;
}

const STREAM_MAGIC = 0x5145564d;
const STREAM_VERSION = 3;

const Section = {
  EOF: 0,
  START: 1,
  PART: 2,
  END: 3,
  SUBSECTION: 5,
  CONFIGURATION: 7,
  COMMAND: 8,
  FOOTER: 0x7e,
};
const Flag = { ZERO: 0x02, MEM_SIZE: 0x04, PAGE: 0x08, EOS: 0x10, CONTINUE: 0x20, XBZRLE: 0x40 };
const FLAG_BITS = 0xfff;
const HEADER_BYTES = 8;
const RAM_VERSION = 4;
const MAX_CAPABILITIES = 256;

/** Asks for so many bytes; `page` bytes go to pageBytes(). */
type Wish = number;

/** No more pages will be found. */
class NotUnderstood extends Error {}

export class MigrationParser {
  readonly pageSize: number;
  readonly #parts: MigrationParts;
  readonly #program: Generator<Wish, undefined, Buffer>;
  #wish: number;
  /** Bytes of an item that is not whole yet. */
  #carry: Buffer[] = [];
  #carried = 0;
  #pageLeft = 0;
  /** The next bytes are the header of a page, or of what else a RAM section may have. */
  #atHeader = false;
  /** Of what may be a page of zeroes; the byte that tells has not come. */
  #heldHeader: { high: number; low: number } | undefined;
  #opaque = false;
  #pages = 0;

  constructor(parts: MigrationParts, pageSize = 4096) {
    this.#parts = parts;
    this.pageSize = pageSize;
    this.#program = this.#stream();
    this.#wish = this.#program.next().value as number;
  }

  /** Pages found so far, and whether the rest is passed on unread. */
  get pages(): number {
    return this.#pages;
  }
  get opaque(): boolean {
    return this.#opaque;
  }

  push(bytes: Buffer): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#opaque) {
        this.#parts.other(bytes.subarray(at));
        return;
      }
      if (this.#pageLeft > 0) {
        const end = Math.min(at + this.#pageLeft, bytes.length);
        this.#parts.pageBytes(bytes, at, end);
        this.#pageLeft -= end - at;
        at = end;
        continue;
      }
      if (this.#atHeader && this.#carried === 0) {
        at = this.#wholePages(bytes, at);
        if (at === bytes.length) return;
      }
      const missing = this.#wish - this.#carried;
      const part = bytes.subarray(at, at + missing);
      at += part.length;
      if (part.length < missing) {
        // The caller's bytes are the caller's again after this call.
        this.#carry.push(Buffer.from(part));
        this.#carried += part.length;
        return;
      }
      const item = this.#carried === 0 ? part : Buffer.concat([...this.#carry, part]);
      this.#carry = [];
      this.#carried = 0;
      this.#step(item);
    }
  }

  /** The stream has ended; passes on what waits for more. */
  end(): void {
    this.#passHeldHeader();
    for (const bytes of this.#carry) this.#parts.other(bytes);
    this.#carry = [];
    this.#carried = 0;
  }

  #step(item: Buffer): void {
    try {
      const { value, done } = this.#program.next(item);
      if (done) this.#opaque = true;
      else this.#wish = value;
    } catch (error) {
      if (!(error instanceof NotUnderstood)) throw error;
      this.#opaque = true;
    }
  }

  /**
   * Takes the pages that lie whole in what has come, as the program would, which for 200,000 of them takes several times
   * as long. @returns where there is something else.
   */
  #wholePages(bytes: Buffer, from: number): number {
    const { pageSize } = this;
    let at = from;
    for (; at + HEADER_BYTES < bytes.length; ) {
      const high = bytes.readUInt32BE(at);
      const low = bytes.readUInt32BE(at + 4);
      const flags = low & FLAG_BITS;
      const address = high * 2 ** 32 + (low - flags);
      if (high >= 2 ** 20 || address % pageSize !== 0) break;
      const body = at + HEADER_BYTES;
      if (flags === (Flag.PAGE | Flag.CONTINUE) && body + pageSize <= bytes.length) {
        this.#pages++;
        this.#parts.page(address, true);
        this.#parts.pageBytes(bytes, body, body + pageSize);
        at = body + pageSize;
      } else if (flags === (Flag.ZERO | Flag.CONTINUE) && bytes[body] === 0) {
        this.#parts.zeroPage(address);
        at = body + 1;
      } else break;
    }
    return at;
  }

  #passHeldHeader(): void {
    if (!this.#heldHeader) return;
    const bytes = Buffer.allocUnsafe(8);
    bytes.writeUInt32BE(this.#heldHeader.high, 0);
    bytes.writeUInt32BE(this.#heldHeader.low, 4);
    this.#heldHeader = undefined;
    this.#parts.other(bytes);
  }

  /** Every item is passed on before it is judged, so that giving up loses nothing. */
  *#take(length: number): Generator<Wish, Buffer, Buffer> {
    const item = yield length;
    this.#parts.other(item);
    return item;
  }

  *#string(): Generator<Wish, Buffer, Buffer> {
    const length = (yield* this.#take(1)).readUInt8();
    if (length === 0) throw new NotUnderstood();
    // Names outlive the call.
    return Buffer.from(yield* this.#take(length));
  }

  *#stream(): Generator<Wish, undefined, Buffer> {
    const start = yield* this.#take(8);
    if (start.readUInt32BE(0) !== STREAM_MAGIC || start.readUInt32BE(4) !== STREAM_VERSION) return;
    let ram: number | undefined;
    let inConfiguration = false;
    for (;;) {
      const type = (yield* this.#take(1)).readUInt8();
      if (type === Section.CONFIGURATION) {
        const length = (yield* this.#take(4)).readUInt32BE();
        if (length > 1024) return;
        if (length > 0) yield* this.#take(length);
        inConfiguration = true;
      } else if (type === Section.SUBSECTION && inConfiguration) {
        yield* this.#configurationPart();
      } else if (type === Section.COMMAND) {
        const length = (yield* this.#take(4)).readUInt16BE(2);
        if (length > 0) yield* this.#take(length);
        inConfiguration = false;
      } else if (type === Section.START) {
        inConfiguration = false;
        const id = (yield* this.#take(4)).readUInt32BE();
        const name = yield* this.#string();
        const version = (yield* this.#take(8)).readUInt32BE(4);
        if (ram !== undefined || name.toString('latin1') !== 'ram' || version !== RAM_VERSION) return;
        ram = id;
        yield* this.#ramSection();
      } else if (type === Section.PART || type === Section.END) {
        if ((yield* this.#take(4)).readUInt32BE() !== ram) return;
        yield* this.#ramSection();
      } else if (type === Section.FOOTER) {
        if ((yield* this.#take(4)).readUInt32BE() !== ram) return;
      } else {
        // Device state: its length is known to the device alone.
        return;
      }
    }
  }

  *#configurationPart(): Generator<Wish, undefined, Buffer> {
    const name = (yield* this.#string()).toString('latin1');
    yield* this.#take(4);
    if (name === 'configuration/target-page-bits') {
      const bits = (yield* this.#take(4)).readUInt32BE();
      if (2 ** bits !== this.pageSize) throw new NotUnderstood();
    } else if (name === 'configuration/capabilities') {
      const count = (yield* this.#take(4)).readUInt32BE();
      if (count > MAX_CAPABILITIES) throw new NotUnderstood();
      for (let index = 0; index < count; index++) yield* this.#string();
    } else if (name === 'configuration/uuid') {
      yield* this.#take(16);
    } else {
      throw new NotUnderstood();
    }
  }

  *#ramSection(): Generator<Wish, undefined, Buffer> {
    for (;;) {
      this.#atHeader = true;
      const header = yield HEADER_BYTES;
      this.#atHeader = false;
      const high = header.readUInt32BE(0);
      const low = header.readUInt32BE(4);
      const flags = low & FLAG_BITS;
      // Addresses of 2^52 and more would lose digits.
      const address = high * 2 ** 32 + (low - flags);
      const common = high < 2 ** 20 && address % this.pageSize === 0;
      if (common && flags === (Flag.PAGE | Flag.CONTINUE)) {
        this.#page(address, true);
        continue;
      }
      if (common && flags === (Flag.ZERO | Flag.CONTINUE)) {
        this.#heldHeader = { high, low };
        const fill = yield 1;
        if (fill[0] === 0) {
          this.#heldHeader = undefined;
          this.#parts.zeroPage(address);
          continue;
        }
        this.#passHeldHeader();
        this.#parts.other(fill);
        continue;
      }
      this.#parts.other(header);
      if (flags === Flag.EOS) return;
      if (!common) throw new NotUnderstood();
      if (flags === Flag.MEM_SIZE) {
        yield* this.#ramBlocks(address);
        continue;
      }
      const kind = flags & ~Flag.CONTINUE;
      if (kind !== Flag.PAGE && kind !== Flag.ZERO && kind !== Flag.XBZRLE) throw new NotUnderstood();
      if ((flags & Flag.CONTINUE) === 0) this.#parts.ramBlock(yield* this.#string());
      if (kind === Flag.PAGE) this.#page(address, false);
      else if (kind === Flag.ZERO) yield* this.#take(1);
      else {
        const length = (yield* this.#take(3)).readUInt16BE(1);
        if (length > 0) yield* this.#take(length);
      }
    }
  }

  /** The list of RAM blocks that opens the section. */
  *#ramBlocks(total: number): Generator<Wish, undefined, Buffer> {
    let left = total;
    while (left > 0) {
      yield* this.#string();
      const length = yield* this.#take(8);
      const bytes = length.readUInt32BE(0) * 2 ** 32 + length.readUInt32BE(4);
      // With postcopy or shared memory ignored, more follows each name; then this sum does not come out.
      if (bytes === 0 || bytes > left) throw new NotUnderstood();
      left -= bytes;
    }
  }

  #page(address: number, withHeader: boolean): void {
    this.#pages++;
    this.#parts.page(address, withHeader);
    this.#pageLeft = this.pageSize;
  }
}
