/**
 * What the grammar needs to know of a command. The shell's command type extends these; the grammar itself
 * knows nothing of running commands.
 */

/**
 * - `flag`: present or not, takes no value.
 * - `string`: one value.
 * - `int`: one whole number; checked when the command reads it, as virsh does.
 * - `scaled`: one number with an optional unit suffix; checked when read.
 * - `argv`: any number of values; always the last option.
 * - `alias`: another spelling, never documented; see `target`.
 */
export type OptionType = 'flag' | 'string' | 'int' | 'scaled' | 'argv' | 'alias';

export interface GrammarOption {
  readonly name: string;
  readonly type: OptionType;
  readonly required?: boolean;
  /** False where the value must be introduced by `--name`. */
  readonly positional?: boolean;
  /** For aliases: the real option's name, or `name=value` for a flag that stands for an option's value. */
  readonly target?: string;
}

export interface GrammarCommand {
  readonly name: string;
  readonly options: readonly GrammarOption[];
  /** `help` overlooks options and data that it does not know. */
  readonly lenient?: boolean;
}

/** Finds a command by name; may load its module. */
export type CommandLookup<C extends GrammarCommand> = (name: string) => Promise<C | undefined>;

/** One option as it was given, in the order of the line. Flags have no value. */
export interface GivenOption {
  readonly name: string;
  readonly value?: string;
}

export interface ParsedCommand<C extends GrammarCommand> {
  readonly command: C;
  readonly given: readonly GivenOption[];
  /** `--json` was among the words (accepted by every command that has no such option itself). */
  readonly json: boolean;
}

/** The line could not be parsed: one message for each thing wrong, in virsh's words. */
export class GrammarError extends Error {
  override readonly name = 'GrammarError';
  readonly messages: readonly string[];

  constructor(...messages: [string, ...string[]]) {
    super(messages.join('\n'));
    this.messages = messages;
  }
}
