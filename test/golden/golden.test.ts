import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type RunResult, runSnapctl, runVirsh } from './compared-run.js';
import { type CorpusLine, corpora, readCorpus } from './corpus.js';
import { normalise } from './normalise.js';
import { ResidentProgram } from './resident-program.js';
import { shellWords } from './shell-words.js';

// virsh is the specification: each line of a corpus goes through the installed virsh and through snapctl, on libvirt's
// test driver, and both must say the same and end with the same status. virsh has a process for each line. So has
// snapctl for lines with a pipe, and for every tenth of the grammar, which is about all that a command line can be; every
// other line goes to one process that stays.

const OWN_PROCESS = 10;

const place = { uri: 'test:///default' };

const compared = ({ code, stdout, stderr }: RunResult) => ({
  stdout: normalise(stdout),
  stderr: normalise(stderr),
  code,
});

let resident: ResidentProgram | undefined;

beforeAll(async () => {
  resident = await ResidentProgram.create();
}, 60_000);

afterAll(() => resident?.dispose());

/** @param argv its words where the resident program is to run it. */
async function compare({ words, input }: CorpusLine, argv: readonly string[] | undefined) {
  const [wanted, got] = await Promise.all([
    runVirsh(place, words, input),
    resident && argv ? resident.run(['-c', place.uri, ...argv], input) : runSnapctl(place, words, input),
  ]);
  return { wanted: compared(wanted), got: compared(got) };
}

/** The words of each line that needs no shell, by its text. */
function residentLines(name: string, lines: readonly CorpusLine[]): Map<string, string[]> {
  const alone = (index: number): boolean => name === 'grammar' && index % OWN_PROCESS === 0;
  const simple = lines.filter(({ words }, index) => !alone(index) && !/ \| (sed|grep) /.test(words));
  const words = shellWords(simple.map((line) => line.words));
  return new Map(simple.map(({ text }, index) => [text, words[index] ?? []]));
}

for (const name of corpora().filter((each) => !each.startsWith('embed-'))) {
  describe(name, () => {
    const lines = readCorpus(name);
    const resident = residentLines(name, lines);
    const started = new Map<number, ReturnType<typeof compare>>();
    const start = (index: number): ReturnType<typeof compare> | undefined => {
      const line = lines[index];
      if (line && !started.has(index)) {
        const running = compare(line, resident.get(line.text));
        // It may fail before the test that awaits it has begun.
        running.catch(() => undefined);
        started.set(index, running);
      }
      return started.get(index);
    };

    test('is a corpus', () => {
      expect(lines.length).toBeGreaterThan(0);
    });

    lines.forEach(({ text }, index) => {
      test(text, async () => {
        const running = start(index);
        // The next line runs meanwhile: two at a time.
        start(index + 1);
        const both = await running;
        expect(both?.wanted.code).not.toBeNull();
        expect(both?.got).toEqual(both?.wanted);
      }, 60_000);
    });
  });
}
