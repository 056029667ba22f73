import { Binding } from './binding.js';
import {
  type CommandLookup,
  type GrammarCommand,
  GrammarError,
  type ParsedCommand,
} from './specification.js';
import { type Token, tokensOfLine, tokensOfWords } from './tokens.js';

/**
 * Parses a whole line, any number of commands, before anything runs.
 * @throws GrammarError nothing of the line may run then.
 */
export function parseLine<C extends GrammarCommand>(
  line: string,
  lookup: CommandLookup<C>,
): Promise<ParsedCommand<C>[]> {
  return parse(tokensOfLine(line), lookup);
}

/** Parses one command given as separate words, as on a program's own command line. */
export function parseWords<C extends GrammarCommand>(
  words: readonly string[],
  lookup: CommandLookup<C>,
): Promise<ParsedCommand<C>[]> {
  return parse(tokensOfWords(words), lookup);
}

async function parse<C extends GrammarCommand>(
  tokens: Iterable<Token>,
  lookup: CommandLookup<C>,
): Promise<ParsedCommand<C>[]> {
  const commands: ParsedCommand<C>[] = [];
  let binding: Binding<C> | undefined;

  const finish = async (): Promise<void> => {
    if (!binding) return;
    const { command, given, help, json } = binding;
    binding.finish();
    commands.push(help ? await helpInstead(command, lookup) : { command, given, json });
    binding = undefined;
  };

  for (const token of tokens) {
    if (token.kind === 'separator') await finish();
    else if (binding) binding.take(token.text);
    else {
      const command = await lookup(token.text);
      if (!command) throw new GrammarError(`unknown command: '${token.text}'`);
      binding = new Binding(command);
    }
  }
  await finish();
  return commands;
}

/** `command --help` is `help command`, whatever else was given. */
async function helpInstead<C extends GrammarCommand>(
  command: C,
  lookup: CommandLookup<C>,
): Promise<ParsedCommand<C>> {
  const help = await lookup('help');
  const topic = help?.options[0];
  if (!help || !topic) throw new GrammarError(`command '${command.name}' doesn't support option --help`);
  return { command: help, given: [{ name: topic.name, value: command.name }], json: false };
}
