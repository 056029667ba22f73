import { type Binding, quoteWord } from '../grammar/index.js';
import type { Connection } from '../hypervisor/index.js';
import type { CommandSpec, OptionSpec, Registry } from '../shell/index.js';
import type { Candidate } from './candidate.js';
import { completers } from './completers.js';
import { type Cursor, cursorInLine, cursorInWords, expectedOption } from './cursor.js';

export interface CompletionOptions {
  readonly registry: Registry;
  /** Asked for only when names of the hypervisor's things are needed. May reject: nothing is offered then. */
  readonly connection: () => Promise<Connection>;
  /** Ends the search; what was found is dropped. */
  readonly signal?: AbortSignal;
  /** Say more about each candidate, even if it costs further calls. */
  readonly describe?: boolean;
}

/** A candidate for a place in a line. */
export interface LineCandidate extends Candidate {
  /** What to put in place of the word, quoted as the grammar needs it, with a blank after it if the word ends. */
  readonly insert: string;
}

export interface LineCompletion {
  /** Offsets in the line of what `insert` replaces. */
  readonly start: number;
  readonly end: number;
  readonly candidates: readonly LineCandidate[];
}

/**
 * Completes the word at the cursor of a line that may hold several commands, quotes and comments.
 * Never rejects: where candidates can't be had, there are none.
 * @param cursor offset in the line; what comes after it is left alone.
 */
export async function completeLine(
  line: string,
  cursor: number,
  options: CompletionOptions,
): Promise<LineCompletion> {
  const at = await cursorInLine(line.slice(0, cursor), options.registry.lookup);
  if (!at) return { start: cursor, end: cursor, candidates: [] };
  const { start, end, open } = at.word;
  const candidates = await candidatesAt(at, options);
  return {
    start,
    end,
    candidates: candidates.map((candidate) => ({
      ...candidate,
      insert: `${quoteWord(candidate.text, open, !candidate.partial)}${candidate.partial ? '' : ' '}`,
    })),
  };
}

/**
 * Completes the last of the words of one command, given as a program's argv is.
 * @returns whole words, unquoted.
 */
export async function completeWords(
  words: readonly string[],
  options: CompletionOptions,
): Promise<readonly Candidate[]> {
  return candidatesAt(await cursorInWords(words, options.registry.lookup), options);
}

async function candidatesAt(
  { word, binding }: Cursor,
  options: CompletionOptions,
): Promise<readonly Candidate[]> {
  const found = await orAborted(find(word.text, binding, options), options.signal);
  return found.filter(({ text }) => text.startsWith(word.text));
}

/** Values come before options, since a value is what the position is for. */
async function find(
  text: string,
  binding: Binding<CommandSpec> | undefined,
  options: CompletionOptions,
): Promise<readonly Candidate[]> {
  if (!binding) return commandNames(options.registry);
  const equals = text.indexOf('=');
  if (!binding.awaiting && !binding.dataOnly && text.startsWith('--') && equals > 0) {
    const option = binding.command.options.find(
      ({ name, type }) => name === text.slice(2, equals) && type !== 'flag',
    );
    const before = text.slice(0, equals + 1);
    const values = option ? await valuesOf(option, text.slice(equals + 1), binding, options) : [];
    return values.map((value) => ({ ...value, text: `${before}${value.text}` }));
  }
  const mayBeOption = !binding.awaiting && !binding.dataOnly;
  if (mayBeOption && text.startsWith('-')) return optionNames(binding);
  const option = expectedOption(binding);
  const values = option ? await valuesOf(option, text, binding, options) : [];
  return mayBeOption && text === '' ? [...values, ...optionNames(binding)] : values;
}

/** Names of all commands that are documented. */
export async function commandNames(registry: Registry): Promise<Candidate[]> {
  const groups = await Promise.all(registry.groups.map((group) => registry.commandsOf(group)));
  return groups.flat().map(({ name, summary }) => ({ text: name, help: summary }));
}

/** Options that the line may still take: not given, and not excluded by one that is. */
function optionNames(binding: Binding<CommandSpec>): Candidate[] {
  const given = new Set(binding.given.map(({ name }) => name));
  const excluded = new Set<string>();
  for (const rule of binding.command.rules ?? []) {
    if (!('exclusive' in rule)) continue;
    const [a, b] = rule.exclusive;
    if (given.has(a)) excluded.add(b);
    if (given.has(b)) excluded.add(a);
  }
  const own = binding.command.options.filter(
    (option) =>
      option.type !== 'alias' && !option.hidden && !binding.isSpent(option) && !excluded.has(option.name),
  );
  return [
    ...own.map(({ name, help }) => ({ text: `--${name}`, help })),
    ...(binding.json || !binding.command.json ? [] : [{ text: '--json', help: 'print the result as JSON' }]),
    ...(binding.help ? [] : [{ text: '--help', help: 'explain this command' }]),
  ];
}

/** Values of one option; none where they can't be found out. */
export async function valuesOf(
  option: OptionSpec,
  prefix: string,
  binding: Binding<CommandSpec>,
  options: CompletionOptions,
): Promise<readonly Candidate[]> {
  if (!option.valueList) return singleValues(option, prefix, binding, options);
  const done = prefix.slice(0, prefix.lastIndexOf(',') + 1);
  const used = new Set(done.split(','));
  const values = await singleValues(option, prefix.slice(done.length), binding, options);
  return values
    .filter(({ text }) => !used.has(text))
    .map((value) => ({ ...value, text: `${done}${value.text}` }));
}

async function singleValues(
  option: OptionSpec,
  prefix: string,
  binding: Binding<CommandSpec>,
  { registry, connection, describe = false }: CompletionOptions,
): Promise<readonly Candidate[]> {
  if (option.values) return option.values.map((text) => ({ text }));
  if (option.completer === undefined) return [];
  if (option.completer === 'command') {
    const groups = registry.groups.map(({ keyword, title }) => ({ text: keyword as string, help: title }));
    const keys = { text: 'keys', help: 'Keys of the interactive shell' };
    return [...(await commandNames(registry)), ...groups, keys];
  }
  try {
    return await completers[option.completer]({
      command: binding.command,
      prefix,
      given: (name) => binding.given.flatMap((each) => (each.name === name ? [each.value ?? ''] : [])),
      connection,
      describe,
    });
  } catch {
    // Completion is a service: a hypervisor that can't be asked is the command's business to report.
    return [];
  }
}

async function orAborted<T>(work: Promise<readonly T[]>, signal?: AbortSignal): Promise<readonly T[]> {
  if (!signal) return work;
  return Promise.race([
    work,
    new Promise<readonly T[]>((resolve) => {
      if (signal.aborted) resolve([]);
      else signal.addEventListener('abort', () => resolve([]), { once: true });
    }),
  ]);
}
