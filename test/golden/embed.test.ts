import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Embed, type TinyGuest } from '../support/embed.mjs';
import { type Place, runSnapctl, runVirsh } from './compared-run.js';
import { corpora, readCorpus } from './corpus.js';
import { normalise } from './normalise.js';

// The corpora named embed-* run on a real QEMU guest called "guest": virsh and snapctl each have one of their own,
// made alike, so that a line may change it and the next one sees what came of that.

const uuid = '5e3d7f90-6d55-4c3c-9a5f-0f6b6d2f1c11';

/** A root with the guest running in it. */
async function startGuest(): Promise<{ embed: Embed; guest: TinyGuest }> {
  const embed = await Embed.create();
  // Nothing here looks at its counter.
  const guest = embed.prepare({ name: 'guest', disks: 2, tick: 5000 });
  writeFileSync(
    guest.xml,
    readFileSync(guest.xml, 'utf8').replace('</name>', `</name>\n  <uuid>${uuid}</uuid>`),
  );
  await embed.must('define', guest.xml);
  await embed.must('start', 'guest');
  await guest.ready();
  return { embed, guest };
}

/** virsh itself hangs now and then; the test is then run again (test/support/retries.ts). */
const placeOf = ({ uri, env }: Embed): Place => ({ uri, env, limit: 40_000 });

for (const name of corpora().filter((each) => each.startsWith('embed-'))) {
  describe(name, () => {
    const embeds: Embed[] = [];

    beforeAll(async () => {
      const made = await Promise.allSettled([startGuest(), startGuest()]);
      for (const each of made) if (each.status === 'fulfilled') embeds.push(each.value.embed);
      expect(made.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
    }, 180_000);

    afterAll(async () => {
      await Promise.all(embeds.map((each) => each.dispose()));
    });

    for (const { text, words, input } of readCorpus(name)) {
      test(text, async () => {
        const [forVirsh, forSnapctl] = embeds as [Embed, Embed];
        const places = [forVirsh.folder, forSnapctl.folder];
        const [wanted, got] = await Promise.all([
          runVirsh(placeOf(forVirsh), words, input),
          runSnapctl(placeOf(forSnapctl), words, input),
        ]);
        expect(wanted.code).not.toBeNull();
        const [expected, actual] = [wanted, got].map(({ code, stdout, stderr }) => ({
          stdout: normalise(stdout, places),
          stderr: normalise(stderr, places),
          code,
        }));
        expect(actual).toEqual(expected);
      }, 60_000);
    }
  });
}
