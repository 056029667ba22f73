import { type CompletionOptions, completeWords, virshCandidates } from '../../src/completion/index.js';
import { type Context, defineCommand, printableLine, SilentFailure } from '../../src/shell/index.js';

export default defineCommand({
  name: 'complete',
  group: 'snapctl',
  summary: 'internal command for autocompletion',
  description: 'internal use only',
  options: [
    {
      name: 'describe',
      type: 'flag',
      hidden: true,
      help: 'complete values as well as options, each with a tab and what it is',
    },
    { name: 'string', type: 'argv', emptyOk: true, help: 'partial string to autocomplete' },
  ],
  hidden: true,
  noConnection: true,
  async run(context, args) {
    const words = args.list('string');
    if (words.length === 0) throw new SilentFailure();
    const lines = args.flag('describe') ? await described(context, words) : await plain(context, words);
    if (lines.length === 0) throw new SilentFailure();
    context.output.print(lines.map((line) => `${line}\n`).join(''));
  },
});

const optionsOf = (context: Context): CompletionOptions => ({
  registry: context.registry,
  connection: () => context.session.connection(),
  signal: context.signal,
});

const plain = (context: Context, words: readonly string[]): Promise<string[]> =>
  virshCandidates(words, optionsOf(context));

/** Lines for the shells' completion functions: the word, a tab, what it is. */
async function described(context: Context, words: readonly string[]): Promise<string[]> {
  const candidates = await completeWords(words, { ...optionsOf(context), describe: true });
  return candidates
    .filter(({ text }) => !/[\t\n]/.test(text))
    .map(({ text, help = '', partial }) => `${text}\t${printableLine(help)}${partial ? '\t+' : ''}`);
}
