/** What is read at once. More would not be quicker, and lets a writer wait longer for the room that it leaves. */
export const PIECE_BYTES = 64 * 1024;

const State = { READ: 0, TAKEN: 1, ASLEEP: 2 };
const STATES = 3;
const FREE = 0;
const HELD = 1;

/** What both threads have of a ring. */
export interface SharedRing {
  readonly pieces: number;
  readonly bytes: SharedArrayBuffer;
  readonly words: SharedArrayBuffer;
}

/**
 * Pieces of memory that one thread fills and another one takes, in order, without a message for each of them. The pieces that
 * are free are used from the first on, so that no more of them is ever touched than are held at once.
 */
export class PieceRing {
  readonly pieces: number;
  readonly #shared: SharedRing;
  /** See State. */
  readonly #state: Int32Array;
  readonly #held: Int32Array;
  /** Number and length of those that are read, in order. */
  readonly #queue: Int32Array;
  /** The taker's: how many it was given. */
  #given = 0;

  constructor(shared: SharedRing) {
    const { pieces, words } = shared;
    this.pieces = pieces;
    this.#shared = shared;
    this.#state = new Int32Array(words, 0, STATES);
    this.#held = new Int32Array(words, STATES * 4, pieces);
    this.#queue = new Int32Array(words, (STATES + pieces) * 4, 2 * pieces);
  }

  /** @param pieces a power of two: counts go on past the largest number. */
  static share(pieces: number): SharedRing {
    const words = new SharedArrayBuffer((STATES + 3 * pieces) * 4);
    // The first piece wakes the taker.
    new Int32Array(words)[State.ASLEEP] = 1;
    return { pieces, bytes: new SharedArrayBuffer(pieces * PIECE_BYTES), words };
  }

  /** The memory of a piece. */
  bytesOf(piece: number): Buffer {
    return Buffer.from(this.#shared.bytes, piece * PIECE_BYTES, PIECE_BYTES);
  }

  get read(): number {
    return Atomics.load(this.#state, State.READ) >>> 0;
  }

  /** How many the taker is done with. */
  get taken(): number {
    return Atomics.load(this.#state, State.TAKEN) >>> 0;
  }

  /** For the reader. @returns a piece that nobody holds; undefined if all are held. */
  free(): number | undefined {
    for (let piece = 0; piece < this.pieces; piece++)
      if (Atomics.load(this.#held, piece) === FREE) return piece;
    return undefined;
  }

  /** For the reader: waits until the taker is done with one more than `taken`, or the time is over. */
  waitForRoom(taken: number, milliseconds: number): void {
    Atomics.wait(this.#state, State.TAKEN, taken | 0, milliseconds);
  }

  /** For the reader: a piece has so many bytes. @returns whether the taker must be woken. */
  give(piece: number, length: number): boolean {
    const place = (this.read % this.pieces) * 2;
    this.#queue[place] = piece;
    this.#queue[place + 1] = length;
    Atomics.store(this.#held, piece, HELD);
    Atomics.add(this.#state, State.READ, 1);
    return Atomics.exchange(this.#state, State.ASLEEP, 0) === 1;
  }

  /** For the taker. @returns the next piece; undefined if there is none, and the reader will wake it. */
  next(): { readonly piece: number; readonly length: number } | undefined {
    if (this.read === this.#given) {
      Atomics.store(this.#state, State.ASLEEP, 1);
      // One that came in between, of which the reader may or may not have seen that nobody looks.
      if (this.read === this.#given) return undefined;
      Atomics.store(this.#state, State.ASLEEP, 0);
    }
    const place = (this.#given % this.pieces) * 2;
    this.#given = (this.#given + 1) >>> 0;
    return { piece: this.#queue[place] as number, length: this.#queue[place + 1] as number };
  }

  /** For the taker: it is done with a piece. */
  release(piece: number): void {
    Atomics.store(this.#held, piece, FREE);
    Atomics.add(this.#state, State.TAKEN, 1);
    Atomics.notify(this.#state, State.TAKEN);
  }
}
