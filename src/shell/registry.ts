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
  readonly #byName: ReadonlyMap<string, RegistryEntry>;

  constructor(groups: readonly CommandGroup[], entries: readonly RegistryEntry[]) {
    this.groups = groups;
    this.entries = entries;
    this.#byName = new Map(entries.map((entry) => [entry.name, entry]));
  }

  readonly lookup = async (name: string): Promise<CommandSpec | undefined> =>
    (await this.#byName.get(name)?.load())?.default;

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
