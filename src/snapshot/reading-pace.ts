/** What is expected of the taker before it has been seen: 4 pieces, 256 KiB, a millisecond. */
const FIRST_RATE = 4;
/** The slowest taker that is reckoned with, in pieces a millisecond, and the least share of a taker's rate that is read. */
const LEAST_RATE = 0.2;
const LEAST_SHARE = 0.1;
/** With nearly all room left, more than the taker's rate: else room that is free would never be used. */
const MOST_SHARE = 1.5;
/** However slow the taker is: it may be back. */
const LONGEST_DELAY_MS = 10;
/** How long the taker is looked at for its rate, and what one look counts against those before it. */
const LOOK_MS = 50;
const LOOK_WEIGHT = 0.3;

/**
 * How fast a pipe is to be read whose taker is slower than its writer.
 *
 * A guest whose memory is taken in the background waits for QEMU at each page that it wants to change, and QEMU for room in
 * the pipe. Reading at full speed until nothing more can be held leaves both waiting for as long as the taker happens to
 * be away: 40 to 80 ms. Read at the taker's own pace from early on, the pipe has room again every fraction of a millisecond,
 * and what is still free is there for when the taker is late.
 */
export class ReadingPace {
  readonly #room: number;
  readonly #freely: number;
  #rate = FIRST_RATE;
  #lookedAt: number | undefined;
  #taken = 0;
  #next = 0;

  /** @param room pieces that can be held, of which so many are read as fast as they come. */
  constructor(room: number, freely: number) {
    this.#room = room;
    this.#freely = freely;
  }

  /**
   * @param now in milliseconds of any clock that goes on.
   * @param read pieces so far, and those that the taker is done with.
   * @returns milliseconds until the next piece should be read, 10 at most.
   */
  delay(now: number, read: number, taken: number): number {
    this.#look(now, taken);
    const held = read - taken;
    if (held <= this.#freely) {
      this.#next = now;
      return 0;
    }
    const left = (this.#room - held) / (this.#room - this.#freely);
    const pace = this.#rate * Math.max(LEAST_SHARE, MOST_SHARE * left);
    this.#next = Math.min(Math.max(this.#next, now) + 1 / pace, now + LONGEST_DELAY_MS);
    return this.#next - now;
  }

  #look(now: number, taken: number): void {
    // Until the first is taken, the taker has not begun; later, it is away, and counts as slow once when it is back.
    if (taken === this.#taken) return;
    this.#lookedAt ??= now;
    const passed = now - this.#lookedAt;
    if (passed < LOOK_MS) return;
    const rate = (taken - this.#taken) / passed;
    this.#rate = Math.max(LEAST_RATE, this.#rate * (1 - LOOK_WEIGHT) + rate * LOOK_WEIGHT);
    this.#lookedAt = now;
    this.#taken = taken;
  }
}
