import type { Buffer } from './buffer.js';

const DEPTH = 500;

/** States of the line to go back to, and forth again. Characters typed in a row are one step. */
export class UndoStack {
  #past: Buffer[] = [];
  #future: Buffer[] = [];
  #typing = false;

  /** Notes the state before a change. @param typing the change is one of several characters in a row. */
  note(before: Buffer, typing: boolean): void {
    this.#future = [];
    if (typing && this.#typing) return;
    this.#typing = typing;
    this.#past.push(before);
    if (this.#past.length > DEPTH) this.#past.shift();
  }

  /** Something other than typing happened: the next character begins a new step. */
  rest(): void {
    this.#typing = false;
  }

  undo(now: Buffer): Buffer {
    return this.#step(this.#past, this.#future, now);
  }

  redo(now: Buffer): Buffer {
    return this.#step(this.#future, this.#past, now);
  }

  clear(): void {
    this.#past = [];
    this.#future = [];
    this.#typing = false;
  }

  #step(from: Buffer[], to: Buffer[], now: Buffer): Buffer {
    this.#typing = false;
    const state = from.pop();
    if (!state) return now;
    to.push(now);
    return state;
  }
}
