import type { GivenOption } from '../grammar/index.js';
import type { Output, Registry, Session } from '../shell/index.js';
import type { Standing } from './terminal-screen.js';

export interface ShellOptions {
  /** As it would be without a shell around it; commands get one into the shell's transcript. */
  readonly output: Output;
  readonly session: Session;
  readonly registry: Registry;
  readonly color: boolean;
  readonly json: boolean;
  readonly timing: boolean;
  readonly consoleEscape: string;
  /** What was painted already, after the banner. */
  readonly standing: Standing | undefined;
  readonly banner: string;
  /** Told of each command before it runs; says on `output` what was asked to be said. */
  readonly trace: (output: Output, command: string, given: readonly GivenOption[]) => void;
}
