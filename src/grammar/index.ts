export { Binding, isOptionWord } from './binding.js';
export { splitCommaList } from './comma-list.js';
export { parseLine, parseWords } from './parse.js';
export { quoteWord } from './quote.js';
export { type RedirectedLine, type Redirection, splitRedirection } from './redirection.js';
export {
  type CommandLookup,
  type GivenOption,
  type GrammarCommand,
  GrammarError,
  type GrammarOption,
  type OptionType,
  type ParsedCommand,
} from './specification.js';
export { type Scanned, type ScannedWord, scan, tokensOfLine, tokensOfWords } from './tokens.js';
