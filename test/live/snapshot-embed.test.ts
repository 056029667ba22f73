import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Embed, type RunResult, type TinyGuest } from '../support/embed.mjs';

// With the embedded driver, QEMU is driven from inside the very process that is interrupted.
describe('a snapshot through the embedded driver', () => {
  let embed: Embed;
  let guest: TinyGuest;
  const name = 'tiny';

  beforeAll(async () => {
    embed = await Embed.create();
    guest = await embed.start({ name, disks: 2, memory: 512, dirty: 150 });
    while ((await guest.nextCounter()) < 10);
  }, 180_000);

  afterAll(() => embed?.dispose());

  const inFolder = (file: string): string => join(guest.folder, file);

  /** What an interrupted command could have changed. Asking for memory statistics waits for the running guest. */
  const surroundings = async (): Promise<object> => {
    const shown = `domstate ${name}; domblklist ${name}; snapshot-list ${name}`;
    const text = await embed.must(`dommemstat ${name}; echo found; ${shown}`);
    return { domain: text.slice(text.indexOf('found')), files: readdirSync(guest.folder).sort() };
  };

  const expectCounting = async (): Promise<void> => {
    const counter = await guest.nextCounter();
    expect(await guest.nextCounter()).toBeGreaterThan(counter);
    expect(guest.serial.text()).not.toMatch(/^mismatch/m);
  };

  /** Runs a command and sends it SIGINT as soon as something has happened. */
  const interrupted = async (words: string[], begun: () => boolean): Promise<RunResult> => {
    const interrupt = new AbortController();
    const timer = setInterval(() => {
      if (begun()) interrupt.abort();
    }, 5);
    const result = await embed.run(words, { tool: 'snapctl', signal: interrupt.signal });
    clearInterval(timer);
    expect(interrupt.signal.aborted).toBe(true);
    return result;
  };

  test.each([
    ['live', ['--live']],
    ['with the guest stopped', []],
  ])(
    '%s, to a file of its own, is given up on Ctrl-C',
    async (_, options) => {
      const before = await surroundings();
      const file = inFolder('given-up.mem');
      const words = ['snapshot-create-as', name, 'given-up', ...options, '--memspec', `file=${file}`];
      const result = await interrupted(words, () => existsSync(file) && statSync(file).size > 1_000_000);
      expect(result).toEqual({ code: 130, signal: null, stdout: '', stderr: 'error: interrupted\n' });
      expect(await surroundings()).toEqual(before);
      await expectCounting();
    },
    120_000,
  );

  test('inside the images is completed and deleted on Ctrl-C', async () => {
    const before = await surroundings();
    const image = inFolder('vda.qcow2');
    const blocks = statSync(image).blocks;
    const words = ['snapshot-create-as', name, 'given-up'];
    const result = await interrupted(words, () => statSync(image).blocks > blocks + 8192);
    expect(result).toEqual({ code: 130, signal: null, stdout: '', stderr: 'error: interrupted\n' });
    expect(await surroundings()).toEqual(before);
    await expectCounting();
  }, 120_000);

  test('live, is made and measured, and reverting to an internal one takes the guest back', async () => {
    const live = await embed.must(
      ...['--json', 'snapshot-create-as', name, 'live', '--live', '--memspec', inFolder('live.mem')],
    );
    expect(JSON.parse(live)).toEqual({
      name: 'live',
      domain: name,
      pauseMs: expect.any(Number),
      elapsedMs: expect.any(Number),
      memoryBytes: expect.any(Number),
    });
    await embed.must('snapshot-delete', name, 'live');
    await embed.must('snapshot-create-as', name, 'inside');
    const then = guest.serial.counter() as number;
    while ((await guest.nextCounter()) < then + 15);
    const from = guest.serial.end();
    await embed.must('snapshot-revert', name, 'inside');
    await guest.nextCounter();
    const first = guest.serial.numbers('counter', from).find((number) => number < then + 15) as number;
    expect(Math.abs(first - then)).toBeLessThan(12);
    await expectCounting();
    await embed.must('snapshot-delete', name, 'inside');
  }, 180_000);
});
