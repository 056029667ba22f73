import type { OptionSpec } from '../shell/index.js';
import { cursorInLine, expectedOption } from './cursor.js';
import { type CompletionOptions, commandNames, valuesOf } from './engine.js';

/** What virsh 9.0 completes nothing for, though we do. */
const ours = new Set<OptionSpec['completer']>(['path', 'folder', 'diskspec', 'memspec']);

/**
 * The candidates of virsh's own `complete` command, for programs made for it. It reads the words joined by
 * blanks as a line, offers options rather than values where nothing is typed yet, and escapes blanks.
 */
export async function virshCandidates(
  words: readonly string[],
  options: CompletionOptions,
): Promise<string[]> {
  const text = words.at(-1) ?? '';
  const candidates = await unfiltered(words.join(' '), text, options);
  return candidates
    .map((candidate) => candidate.replaceAll(' ', '\\ '))
    .filter((candidate) => candidate.startsWith(text));
}

async function unfiltered(line: string, text: string, options: CompletionOptions): Promise<string[]> {
  const at = await cursorInLine(line, options.registry.lookup);
  const binding = at?.binding;
  if (!at || !binding || binding.command.name === text) {
    return (await commandNames(options.registry)).map((command) => command.text);
  }
  const isData = !at.word.text.startsWith('--') || binding.dataOnly;
  const option =
    binding.awaiting !== undefined || (at.word.text !== '' && isData) ? expectedOption(binding) : undefined;
  if (option) {
    if (option.extra || ours.has(option.completer)) return [];
    const values = await valuesOf(option, at.word.text, binding, options);
    const names = new Set(['keys', ...options.registry.groups.map(({ keyword }) => keyword as string)]);
    return values
      .map((value) => value.text)
      .filter((value) => option.completer !== 'command' || !names.has(value));
  }
  return binding.command.options
    .filter(
      (each) =>
        each.type !== 'alias' &&
        !each.hidden &&
        !each.extra &&
        !binding.isSpent(each) &&
        (each.type === 'argv' || text !== `--${each.name}`),
    )
    .map(({ name }) => `--${name}`);
}
