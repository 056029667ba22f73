import { type Instance, render } from 'ink';
import type { ReactNode } from 'react';
import type { TerminalScreen } from './terminal-screen.js';

/** Keystrokes may paint this often a second; a paint takes one to three milliseconds. */
const FRAMES = 250;

/** What Ink paints on a terminal: one tree at a time, or nothing while somebody else has the screen. */
export class Stage {
  readonly #screen: TerminalScreen;
  #instance: Instance | undefined;

  constructor(screen: TerminalScreen) {
    this.#screen = screen;
  }

  get mounted(): boolean {
    return this.#instance !== undefined;
  }

  /** Paints a tree, or what has changed in it. */
  show(tree: ReactNode): void {
    if (this.#instance) this.#instance.rerender(tree);
    else {
      this.#instance = render(tree, {
        stdout: this.#screen as unknown as NodeJS.WriteStream,
        stdin: process.stdin,
        exitOnCtrlC: false,
        patchConsole: false,
        maxFps: FRAMES,
      });
    }
  }

  /** Takes everything off the screen. The cursor stands where the first row was. */
  empty(): void {
    if (!this.#instance) return;
    this.#instance.unmount();
    this.#instance = undefined;
    this.#screen.erase();
  }
}
