import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('.', import.meta.url));
const fixtures = join(folder, 'fixtures');

/** One line of a corpus: what a program is given after `-c URI`. */
export interface CorpusLine {
  /** As it stands in the corpus; names the test. */
  readonly text: string;
  /** Shell words, `{F}` replaced; empty where all is on standard input. */
  readonly words: string;
  readonly input: string;
}

/** Names of the corpora here, without their `.txt`. */
export const corpora = (): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.txt'))
    .map((name) => name.slice(0, -'.txt'.length))
    .sort();

/**
 * Reads a corpus. Blank lines and lines that start with # are left out. A line that starts with `stdin:` is input
 * for the program, with \n for line breaks; any other is shell words. `{F}` is the folder of fixtures.
 */
export function readCorpus(name: string): CorpusLine[] {
  return readFileSync(join(folder, `${name}.txt`), 'utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((text) => {
      const full = text.replaceAll('{F}', fixtures);
      return full.startsWith('stdin:')
        ? { text, words: '', input: full.slice('stdin:'.length).replaceAll('\\n', '\n') }
        : { text, words: full, input: '' };
    });
}
