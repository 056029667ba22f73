import type { Connection } from '../hypervisor/index.js';
import type { Output } from './output.js';
import type { Registry } from './registry.js';
import type { Screen } from './screen.js';
import type { Session } from './session.js';

/** What a command works with. */
export interface Context {
  readonly output: Output;
  /** Open and usable, unless the command declared `noConnection`. */
  readonly connection: Connection;
  readonly session: Session;
  readonly registry: Registry;
  /** Aborted when the user interrupts; every wait ends on it. */
  readonly signal: AbortSignal;
  /** Commands come from a prompt rather than from the command line. */
  readonly interactive: boolean;
  /** What leaves a guest's console, as `-e` takes it: a character, or `^` and the one it is typed with. */
  readonly consoleEscape: string;
  /** Present only in the full interactive shell. */
  readonly screen?: Screen;
  /** `--json` was given: `emit` counts, text is not shown. */
  readonly json: boolean;
  /** The command's data for `--json`. Does nothing otherwise, so commands call it without asking. */
  emit(value: unknown): void;
  /** One of many results of a command that declared `jsonLines`, printed at once. Does nothing without `--json`. */
  emitLine(value: unknown): void;
}
