import { Binding, GrammarError, type ScannedWord, scan } from '../grammar/index.js';
import type { CommandSpec, OptionSpec } from '../shell/index.js';

/** The word under the cursor; `text` is without its quotes. Empty where the cursor stands after a blank. */
export type WordAtCursor = Pick<ScannedWord, 'text' | 'start' | 'end' | 'open'>;

/** What the grammar expects at the cursor. */
export interface Cursor {
  readonly word: WordAtCursor;
  /** The command that the word belongs to; undefined where the word is a command's name itself. */
  readonly binding: Binding<CommandSpec> | undefined;
}

type Lookup = (name: string) => Promise<CommandSpec | undefined>;

/**
 * Reads a line up to the cursor. Mistakes before the cursor are overlooked: the user may correct them yet.
 * @param before the part of the line in front of the cursor.
 * @returns undefined inside a comment, where there is nothing to complete.
 */
export async function cursorInLine(before: string, lookup: Lookup): Promise<Cursor | undefined> {
  let words: ScannedWord[] = [];
  for (const item of scan(before)) {
    if (item.kind === 'word') words.push(item);
    else if (item.open) return undefined;
    else words = [];
  }
  const last = words.at(-1);
  const touched = last !== undefined && last.end === before.length;
  const word = touched ? last : { text: '', start: before.length, end: before.length, open: '' as const };
  const earlier = touched ? words.slice(0, -1) : words;
  return {
    word,
    binding: await bindingOf(
      earlier.map(({ text }) => text),
      lookup,
    ),
  };
}

/** As `cursorInLine`, for words that came one by one; the last one is the word to complete. */
export async function cursorInWords(words: readonly string[], lookup: Lookup): Promise<Cursor> {
  const text = words.at(-1) ?? '';
  return {
    word: { text, start: 0, end: text.length, open: '' },
    binding: await bindingOf(words.slice(0, -1), lookup),
  };
}

async function bindingOf(
  words: readonly string[],
  lookup: Lookup,
): Promise<Binding<CommandSpec> | undefined> {
  const [name, ...rest] = words;
  const command = name === undefined ? undefined : await lookup(name);
  if (!command) return undefined;
  const binding = new Binding(command);
  for (const word of rest) {
    try {
      binding.take(word);
    } catch (error) {
      if (!(error instanceof GrammarError)) throw error;
    }
  }
  return binding;
}

/** The option whose value the next word is, when it doesn't begin with dashes. */
export function expectedOption(binding: Binding<CommandSpec>): OptionSpec | undefined {
  return (binding.awaiting ?? binding.nextPositional) as OptionSpec | undefined;
}
