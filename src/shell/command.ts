import type { GrammarCommand, GrammarOption, OptionType } from '../grammar/index.js';
import type { Arguments } from './arguments.js';
import type { Context } from './context.js';
import type { JsonShape } from './json-shape.js';

/** virsh's help groups, by help keyword. */
export type GroupKeyword =
  | 'domain'
  | 'monitor'
  | 'events'
  | 'host'
  | 'checkpoint'
  | 'interface'
  | 'filter'
  | 'network'
  | 'nodedev'
  | 'secret'
  | 'snapshot'
  | 'backup'
  | 'pool'
  | 'volume'
  | 'archive'
  | 'recovery'
  | 'screen'
  | 'snapctl';

/** What fills in an option's value at Tab; the completion room knows how to get each. */
export type CompleterName =
  | 'domain'
  | 'domain-active'
  | 'domain-inactive'
  | 'domain-running'
  | 'domain-paused'
  | 'domain-persistent'
  | 'domain-asleep'
  | 'domain-with-snapshot'
  | 'domain-with-managed-save'
  | 'domain-uuid'
  | 'domain-with-checkpoint'
  | 'snapshot'
  | 'checkpoint'
  | 'disk-target'
  | 'device-alias'
  | 'console-device'
  | 'network'
  | 'network-port'
  | 'storage-pool'
  | 'volume'
  | 'host-interface'
  | 'node-device'
  | 'secret'
  | 'network-filter'
  | 'filter-binding'
  | 'interface'
  | 'interface-mac'
  | 'vcpu'
  | 'mountpoint'
  | 'numa-cell'
  | 'page-size'
  | 'host-cpu'
  | 'host-cpu-any'
  | 'path'
  | 'folder'
  | 'command'
  | 'diskspec'
  | 'monitor-command'
  | 'memspec';

export interface OptionSpec extends GrammarOption {
  /** One line, as `help` prints it. */
  readonly help: string;
  readonly completer?: CompleterName;
  /** All values that the option takes, where they are a fixed set. */
  readonly values?: readonly string[];
  /** Several values may be given, separated by commas. */
  readonly valueList?: boolean;
  /** Not listed in help, man pages or completions. */
  readonly hidden?: boolean;
  /** Beyond what virsh has: in the manual and in completion, but not in `help`, which is virsh's. */
  readonly extra?: boolean;
  /** An empty value is an answer, not a mistake. */
  readonly emptyOk?: boolean;
  /** The libvirt flag bit that this flag stands for (see `Arguments.bits`). */
  readonly bit?: number;
}

/** What must hold between a command's options before it runs; checked in order. */
export type OptionRule =
  | { readonly exclusive: readonly [string, string] }
  | { readonly option: string; readonly requires: string };

/** `--a` and `--b` exclude each other. */
export const exclusive = (a: string, b: string): OptionRule => ({ exclusive: [a, b] });
/** `--option` makes no sense without `--needed`. */
export const requires = (option: string, needed: string): OptionRule => ({ option, requires: needed });

/**
 * A command: everything that help, parsing, completion, man pages, shell completions and `--json` are
 * derived from, and what it does.
 */
export interface CommandSpec<O extends readonly OptionSpec[] = readonly OptionSpec[]> extends GrammarCommand {
  readonly group: GroupKeyword;
  /** One line for lists. */
  readonly summary: string;
  /** A sentence or more for `help` (line breaks are kept). */
  readonly description: string;
  /** More for the man page: paragraphs that `help` doesn't print. */
  readonly manual?: readonly string[];
  readonly options: O;
  readonly rules?: readonly OptionRule[];
  /** Runs without a connection to a hypervisor. */
  readonly noConnection?: boolean;
  /** Not listed in help, man pages or completions. */
  readonly hidden?: boolean;
  /**
   * May hold its connection for long: runs with its calls on a thread of their own, so that an interrupt is
   * heard and the job can be aborted meanwhile.
   */
  readonly long?: boolean;
  /**
   * Gives the terminal to a guest for as long as the user likes, always or with a flag: needs threads as `long` does,
   * though no job runs.
   */
  readonly attaches?: true | { readonly with: string };
  /** What `--json` prints; without it, `--json` prints the command's text as `{"message": …}`. */
  readonly json?: JsonShape;
  /** `--json` prints a line whenever there is something (`Context.emitLine`); `json` is the shape of each. */
  readonly jsonLines?: boolean;
  run(context: Context, args: Arguments<O>): Promise<void>;
}

/** Names of the options of the given types. */
export type OptionName<O extends readonly OptionSpec[], T extends OptionType = OptionType> = Extract<
  O[number],
  { readonly type: T }
>['name'];

/** Gives a command's data its exact type, so that `run` can only ask for options that exist. */
export function defineCommand<const O extends readonly OptionSpec[]>(spec: CommandSpec<O>): CommandSpec {
  return spec as unknown as CommandSpec;
}
