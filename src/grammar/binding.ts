import { type GivenOption, type GrammarCommand, GrammarError, type GrammarOption } from './specification.js';

/** Options that every command understands besides its own. */
const helpOption: GrammarOption = { name: 'help', type: 'flag' };
const jsonOption: GrammarOption = { name: 'json', type: 'flag' };

/** `--x`, where x begins with a letter or digit: anything else that begins with dashes is data. */
export const isOptionWord = (word: string): boolean => /^--[0-9A-Za-z]/.test(word);

/**
 * Binds words to one command's options, one at a time. Data goes to the first option in the command's order
 * that takes data by position and has none yet; an argv option takes all that is left.
 */
export class Binding<C extends GrammarCommand> {
  readonly command: C;
  readonly given: GivenOption[] = [];
  help = false;
  json = false;
  /** Set by `--`: everything after it is data. */
  dataOnly = false;
  /** The option whose value is the next word, if one is awaited. */
  awaiting: GrammarOption | undefined;
  readonly #seen = new Set<string>();
  readonly #positional: GrammarOption[];

  constructor(command: C) {
    this.command = command;
    this.#positional = command.options.filter(
      (option) => option.type !== 'flag' && option.type !== 'alias' && option.positional !== false,
    );
  }

  /** @throws GrammarError in virsh's words. */
  take(word: string): void {
    if (this.awaiting) {
      const option = this.awaiting;
      this.awaiting = undefined;
      this.#give(option, word);
    } else if (this.dataOnly) {
      this.#takeData(word);
    } else if (isOptionWord(word)) {
      this.#takeOption(word.slice(2));
    } else if (word === '--') {
      this.dataOnly = true;
    } else {
      this.#takeData(word);
    }
  }

  /** The line or command has ended. @throws GrammarError a value or a required option is missing. */
  finish(): void {
    if (this.awaiting) {
      const { name, type } = this.awaiting;
      throw new GrammarError(`expected syntax: --${name} <${type === 'int' ? 'number' : 'string'}>`);
    }
    if (this.help) return;
    const missing = this.command.options
      .filter((option) => option.required && !this.#seen.has(option.name))
      .map(({ name, type, positional }) =>
        (type === 'string' && positional !== false) || type === 'argv'
          ? `command '${this.command.name}' requires <${name}> option`
          : `command '${this.command.name}' requires --${name} option`,
      );
    const [first, ...rest] = missing;
    if (first !== undefined) throw new GrammarError(first, ...rest);
  }

  /** Whether an option of this name can no longer be given. */
  isSpent(option: GrammarOption): boolean {
    return option.type !== 'argv' && this.#seen.has(option.name);
  }

  /** The option that the next word of data would go to. */
  get nextPositional(): GrammarOption | undefined {
    return this.#positional[0];
  }

  #takeOption(text: string): void {
    const equals = text.indexOf('=');
    const spelling = equals < 0 ? text : text.slice(0, equals);
    let value = equals < 0 ? undefined : text.slice(equals + 1);
    let name = spelling;

    const alias = this.command.options.find((option) => option.type === 'alias' && option.name === spelling);
    if (alias?.target !== undefined) {
      const [target, fixed] = alias.target.split('=', 2) as [string, string?];
      if (fixed !== undefined) {
        if (value !== undefined) throw new GrammarError(`invalid '=' after option --${spelling}`);
        value = fixed;
      }
      name = target;
    }

    const option = this.#find(name);
    if (!option) {
      if (this.command.lenient) return;
      throw new GrammarError(`command '${this.command.name}' doesn't support option --${name}`);
    }
    if (this.isSpent(option)) throw new GrammarError(`option --${name} already seen`);
    if (option.type === 'flag') {
      if (value !== undefined) throw new GrammarError(`invalid '=' after option --${option.name}`);
      if (option === helpOption) this.help = true;
      else if (option === jsonOption) this.json = true;
      else this.#give(option);
      return;
    }
    this.#seen.add(option.name);
    if (value === undefined) this.awaiting = option;
    else this.#give(option, value);
  }

  #find(name: string): GrammarOption | undefined {
    const own = this.command.options.find((option) => option.type !== 'alias' && option.name === name);
    if (own) return own;
    if (name === helpOption.name) return helpOption;
    return name === jsonOption.name ? jsonOption : undefined;
  }

  #takeData(word: string): void {
    const option = this.nextPositional;
    if (option) this.#give(option, word);
    else if (!this.command.lenient) throw new GrammarError(`unexpected data '${word}'`);
  }

  #give(option: GrammarOption, value?: string): void {
    this.#seen.add(option.name);
    const position = option.type === 'argv' ? -1 : this.#positional.indexOf(option);
    if (position >= 0) this.#positional.splice(position, 1);
    this.given.push(value === undefined ? { name: option.name } : { name: option.name, value });
  }
}
