import { describe, expect, test } from '@jest/globals';
import { type RunResult, runSnapctl, runVirsh } from './compared-run.js';
import { type CorpusLine, corpora, readCorpus } from './corpus.js';
import { normalise } from './normalise.js';

// virsh is the specification: each line of a corpus goes through the installed virsh and through snapctl, each in a
// process of its own on libvirt's test driver, and both must say the same and end with the same status.

const place = { uri: 'test:///default' };

const compared = ({ code, stdout, stderr }: RunResult) => ({
  stdout: normalise(stdout),
  stderr: normalise(stderr),
  code,
});

async function compare({ words, input }: CorpusLine) {
  const [wanted, got] = await Promise.all([runVirsh(place, words, input), runSnapctl(place, words, input)]);
  return { wanted: compared(wanted), got: compared(got) };
}

for (const name of corpora().filter((each) => !each.startsWith('embed-'))) {
  describe(name, () => {
    const lines = readCorpus(name);
    const started = new Map<number, ReturnType<typeof compare>>();
    const start = (index: number): ReturnType<typeof compare> | undefined => {
      const line = lines[index];
      if (line && !started.has(index)) {
        const running = compare(line);
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
