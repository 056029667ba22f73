import type { Candidate } from './candidate.js';
import type { Completer } from './completer.js';
import { domainOnLine } from './domains.js';

/** An argument of a monitor command, and its values where they are a fixed set. */
interface Argument {
  readonly name: string;
  readonly optional: boolean;
  readonly type: string;
  readonly values: readonly string[];
}

/** What a QEMU says of its own monitor (query-qmp-schema), as far as completion needs it. */
type Entry = {
  readonly name: string;
  readonly 'meta-type': string;
  readonly 'arg-type'?: string;
  readonly 'json-type'?: string;
  readonly members?: readonly { readonly name: string; readonly type?: string; readonly default?: unknown }[];
  readonly values?: readonly string[];
  readonly variants?: readonly { readonly type: string }[];
};

class MonitorCommands {
  readonly #entries: ReadonlyMap<string, Entry>;

  constructor(entries: readonly Entry[]) {
    this.#entries = new Map(entries.map((entry) => [entry.name, entry]));
  }

  get names(): string[] {
    return [...this.#entries.values()]
      .filter((entry) => entry['meta-type'] === 'command')
      .map(({ name }) => name)
      .sort();
  }

  argumentsOf(command: string): Argument[] {
    const entry = this.#entries.get(command);
    return entry?.['meta-type'] === 'command' ? this.#members(entry['arg-type'] ?? '') : [];
  }

  /** Those that depend on another's value come after those that do not. */
  #members(type: string): Argument[] {
    const entry = this.#entries.get(type);
    const own = (entry?.members ?? []).map((member): Argument => {
      const of = this.#entries.get(member.type ?? '');
      const values =
        of?.['meta-type'] === 'enum' ? (of.values ?? of.members?.map(({ name }) => name) ?? []) : [];
      const kind = of?.['meta-type'] === 'builtin' ? (of['json-type'] ?? '') : (of?.['meta-type'] ?? '');
      return { name: member.name, optional: 'default' in member, type: kind, values };
    });
    const known = new Set(own.map(({ name }) => name));
    for (const variant of entry?.variants ?? []) {
      for (const member of this.#members(variant.type)) {
        if (known.has(member.name)) continue;
        known.add(member.name);
        own.push({ ...member, optional: true });
      }
    }
    return own;
  }
}

/** A QEMU does not change what it knows: it is asked once in a session. */
const asked = new Map<string, Promise<MonitorCommands>>();

/** Names of the QMP commands that the domain's QEMU has, then the arguments of the one that the line gives. */
export const monitorCommand: Completer = async (request) => {
  if (request.given('hmp').length > 0) return [];
  const domain = await domainOnLine(request);
  const key = `${domain.uuid} ${await domain.getID()}`;
  let commands = asked.get(key);
  if (!commands) {
    commands = domain
      .qemuMonitorCommand('{"execute":"query-qmp-schema"}')
      .then((answer) => new MonitorCommands((JSON.parse(answer) as { return: Entry[] }).return));
    asked.set(key, commands);
    commands.catch(() => asked.delete(key));
  }
  const words = request.given('cmd');
  const [command] = words;
  if (command === undefined) return (await commands).names.map((text) => ({ text }));
  return (await commands)
    .argumentsOf(command)
    .filter(({ name }) => !words.some((word) => word.startsWith(`"${name}":`)))
    .flatMap(candidates);
};

/** An argument as virsh wants it, a member of a JSON object: whole where its values are known, else up to its value. */
function candidates({ name, optional, type, values }: Argument): Candidate[] {
  const known = type === 'boolean' ? ['true', 'false'] : values.map((value) => JSON.stringify(value));
  const help = `${type}${optional ? ', may be left out' : ''}`;
  if (known.length > 0) return known.map((value) => ({ text: `"${name}":${value}`, help }));
  return [{ text: `"${name}":${type === 'string' ? '"' : ''}`, help, partial: true }];
}
