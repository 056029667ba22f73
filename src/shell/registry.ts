import { GrammarError } from '../grammar/index.js';
import type { CommandSpec, GroupKeyword } from './command.js';

/** A command's place in the registry: enough to list and find it without loading it. */
export interface RegistryEntry {
  readonly name: string;
  readonly group: GroupKeyword;
  readonly load: () => Promise<{ readonly default: CommandSpec }>;
}

export interface CommandGroup {
  readonly keyword: GroupKeyword;
  readonly title: string;
}

/** All commands, in the order that help lists them. */
export class Registry {
  readonly groups: readonly CommandGroup[];
  readonly entries: readonly RegistryEntry[];
  /** virsh's commands that are not here, and why, or what there is instead. */
  readonly missing: ReadonlyMap<string, string>;
  readonly #byName: ReadonlyMap<string, RegistryEntry>;

  constructor(
    groups: readonly CommandGroup[],
    entries: readonly RegistryEntry[],
    missing: ReadonlyMap<string, string> = new Map(),
  ) {
    this.groups = groups;
    this.entries = entries;
    this.missing = missing;
    this.#byName = new Map(entries.map((entry) => [entry.name, entry]));
  }

  readonly lookup = async (name: string): Promise<CommandSpec | undefined> =>
    (await this.#byName.get(name)?.load())?.default;

  /** The command that a line begins with. @throws GrammarError virsh has it, snapctl doesn't; with virsh's line first. */
  readonly lookupToRun = async (name: string): Promise<CommandSpec | undefined> => {
    const reason = this.missing.get(name);
    if (reason === undefined) return this.lookup(name);
    throw new GrammarError(`unknown command: '${name}'`, missingLine(name, reason));
  };

  /** A group by its help keyword or its title; `virsh` finds the group of the shell itself. */
  group(name: string): CommandGroup | undefined {
    const wanted = name.replace(/^virsh\b/, 'snapctl').replace(/^Virsh\b/, 'Snapctl');
    return this.groups.find((group) => group.keyword === wanted || group.title === wanted);
  }

  /** The commands of a group that are documented, in order. */
  async commandsOf(group: CommandGroup): Promise<CommandSpec[]> {
    const entries = this.entries.filter((entry) => entry.group === group.keyword);
    const specs = await Promise.all(entries.map(async (entry) => (await entry.load()).default));
    return specs.filter((spec) => !spec.hidden);
  }
}

/** What is said of a command of virsh that is not here. */
export const missingLine = (name: string, reason: string): string =>
  `snapctl does not have virsh's command '${name}': ${reason}`;
