import yargsParser from 'yargs-parser';

/** A problem with the program's own options: one line, exit status 1. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

interface GlobalOption {
  readonly name: string;
  readonly letter?: string;
  readonly value?: 'required' | 'optional';
  /** How the value is called in the help. */
  readonly placeholder?: string;
  readonly help: string;
}

/** The program's own options: virsh's, and ours after them. */
export const globalOptions: readonly GlobalOption[] = [
  { name: 'connect', letter: 'c', value: 'required', placeholder: 'URI', help: 'hypervisor connection URI' },
  { name: 'debug', letter: 'd', value: 'required', placeholder: 'NUM', help: 'debug level [0-4]' },
  {
    name: 'escape',
    letter: 'e',
    value: 'required',
    placeholder: 'char',
    help: 'set escape sequence for console',
  },
  { name: 'help', letter: 'h', help: 'this help' },
  {
    name: 'keepalive-interval',
    letter: 'k',
    value: 'required',
    placeholder: 'NUM',
    help: 'keepalive interval in seconds, 0 for disable',
  },
  {
    name: 'keepalive-count',
    letter: 'K',
    value: 'required',
    placeholder: 'NUM',
    help: 'number of possible missed keepalive messages',
  },
  { name: 'log', letter: 'l', value: 'required', placeholder: 'FILE', help: 'output logging to file' },
  { name: 'quiet', letter: 'q', help: 'quiet mode' },
  { name: 'readonly', letter: 'r', help: 'connect readonly' },
  { name: 'timing', letter: 't', help: 'print timing information' },
  {
    name: 'version',
    letter: 'v',
    value: 'optional',
    placeholder: 'TYPE',
    help: 'version, TYPE is short or long',
  },
  { name: 'json', help: 'print results as JSON, one line for each command' },
  { name: 'no-color', help: 'no colour on the terminal' },
];

/** What the program's own options ask for. */
export interface Globals {
  readonly uri: string | undefined;
  readonly readonly: boolean;
  readonly quiet: boolean;
  readonly timing: boolean;
  readonly json: boolean;
  readonly color: boolean;
  readonly debug: number;
  readonly log: string | undefined;
  readonly escape: string;
  readonly keepalive: { readonly interval: number; readonly count: number } | undefined;
  readonly action: 'run' | 'help' | 'version' | 'long-version';
  /** Everything after the options. */
  readonly words: readonly string[];
  /** Mistakes that virsh tells and then ignores. */
  readonly warnings: readonly string[];
}

/**
 * Parses the program's own line up to the first word that is no option. yargs' parser does the work; the
 * forms of getopt_long that it doesn't know (`-cURI`, a unique beginning of a long name) are spelled out first.
 * The full yargs is loaded for `--help` only: it takes as long to load as all the rest of a one-shot command.
 * @throws UsageError in virsh's words.
 */
export function parseGlobals(argv: readonly string[], environment: NodeJS.ProcessEnv): Globals {
  const { options, words } = spellOut(argv);
  const parsed = yargsParser(options, {
    string: globalOptions.filter((option) => option.value).map((option) => option.name),
    boolean: globalOptions.filter((option) => !option.value).map((option) => option.name),
    configuration: {
      'camel-case-expansion': false,
      'boolean-negation': false,
      'duplicate-arguments-array': false,
      'parse-numbers': false,
      'dot-notation': false,
    },
  });
  const text = (name: string): string | undefined => parsed[name] as string | undefined;
  const warnings: string[] = [];
  return {
    uri: text('connect'),
    readonly: Boolean(parsed.readonly),
    quiet: Boolean(parsed.quiet),
    timing: Boolean(parsed.timing),
    json: Boolean(parsed.json),
    color: !parsed['no-color'] && !environment.NO_COLOR,
    debug: debugLevel(text('debug') ?? environment.VIRSH_DEBUG, text('debug') !== undefined, warnings),
    log: text('log') ?? environment.VIRSH_LOG_FILE,
    escape: escapeSequence(text('escape')),
    keepalive: keepalive(text('keepalive-interval'), text('keepalive-count')),
    action: parsed.help ? 'help' : versionAction(text('version')),
    words,
    warnings,
  };
}

/** Rewrites getopt's forms as `--name=value` words and splits off everything after the options. */
function spellOut(argv: readonly string[]): { options: string[]; words: readonly string[] } {
  const options: string[] = [];
  let at = 0;
  for (; at < argv.length; at++) {
    const word = argv[at] as string;
    if (word === '--') return { options, words: argv.slice(at + 1) };
    if (word === '-' || !word.startsWith('-')) break;
    const next = argv[at + 1];
    const taken = word.startsWith('--') ? spellOutLong(word, next) : spellOutLetters(word, next);
    options.push(...taken.options);
    if (taken.usedNext) at += 1;
  }
  return { options, words: argv.slice(at) };
}

interface Spelled {
  readonly options: string[];
  readonly usedNext: boolean;
}

const lacksArgument = (option: GlobalOption): UsageError =>
  new UsageError(`option '-${option.letter}'/'--${option.name}' requires an argument`);

function spellOutLong(word: string, next: string | undefined): Spelled {
  const equals = word.indexOf('=');
  const spelling = word.slice(2, equals < 0 ? undefined : equals);
  const value = equals < 0 ? undefined : word.slice(equals + 1);
  const exact = globalOptions.find((option) => option.name === spelling);
  const candidates = globalOptions.filter((option) => option.name.startsWith(spelling));
  const option = exact ?? (candidates.length === 1 ? candidates[0] : undefined);
  if (!option) throw new UsageError(`unsupported option '${word}'. See --help.`);
  if (value !== undefined && !option.value) {
    throw new UsageError(`unsupported option '-${option.letter ?? `-${option.name}`}'. See --help.`);
  }
  if (!option.value) return { options: [`--${option.name}`], usedNext: false };
  if (value !== undefined) return { options: [`--${option.name}=${value}`], usedNext: false };
  if (option.value === 'optional') return { options: [`--${option.name}=`], usedNext: false };
  if (next === undefined) throw lacksArgument(option);
  return { options: [`--${option.name}=${next}`], usedNext: true };
}

function spellOutLetters(word: string, next: string | undefined): Spelled {
  const options: string[] = [];
  for (let at = 1; at < word.length; at++) {
    const letter = word[at] as string;
    // -V is the long form of -v and has no long name of its own.
    if (letter === 'V') options.push('--version=long');
    else {
      const option = globalOptions.find((candidate) => candidate.letter === letter);
      if (!option) throw new UsageError(`unsupported option '-${letter}'. See --help.`);
      if (option.value === 'required') {
        const rest = word.slice(at + 1);
        if (rest === '' && next === undefined) throw lacksArgument(option);
        options.push(`--${option.name}=${rest === '' ? next : rest}`);
        return { options, usedNext: rest === '' };
      }
      options.push(option.value ? `--${option.name}=` : `--${option.name}`);
    }
  }
  return { options, usedNext: false };
}

function versionAction(type: string | undefined): Globals['action'] {
  if (type === undefined) return 'run';
  return type === 'long' ? 'long-version' : 'version';
}

/** virsh's quietest level: only errors. */
const DEBUG_ERROR = 4;

function debugLevel(text: string | undefined, given: boolean, warnings: string[]): number {
  if (text === undefined) return DEBUG_ERROR;
  if (!/^[ \t]*[+-]?\d+$/.test(text)) {
    if (given) throw new UsageError('option -d takes a numeric argument');
    warnings.push('VIRSH_DEBUG not set with a valid numeric value');
    return DEBUG_ERROR;
  }
  const level = Number(text);
  if (level >= 0 && level <= DEBUG_ERROR) return level;
  warnings.push(
    given
      ? `ignoring debug level ${level} out of range [0-4]`
      : 'VIRSH_DEBUG not set with a valid numeric value',
  );
  return DEBUG_ERROR;
}

function escapeSequence(text: string | undefined): string {
  if (text === undefined) return '^]';
  // One character, or ^ and the character it is typed with.
  const bytes = Buffer.byteLength(text);
  const valid = bytes === 1 ? text !== '^' : bytes === 2 && text[0] === '^';
  if (!valid) {
    throw new UsageError(`Invalid string '${text}' for escape sequence`);
  }
  return text;
}

function keepalive(interval: string | undefined, count: string | undefined): Globals['keepalive'] {
  const number = (text: string, letter: string): number => {
    if (!/^[ \t]*[+-]?\d+$/.test(text)) throw new UsageError(`Invalid value for option -${letter}`);
    if (Number(text) < 0 || Number(text) > 2 ** 31 - 1) {
      throw new UsageError(`option -${letter} requires a positive integer argument`);
    }
    return Number(text);
  };
  const seconds = interval === undefined ? undefined : number(interval, 'k');
  const probes = count === undefined ? undefined : number(count, 'K');
  if (seconds === undefined && probes === undefined) return undefined;
  return { interval: seconds ?? 5, count: probes ?? 6 };
}
