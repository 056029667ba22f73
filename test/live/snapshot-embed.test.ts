import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
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
    while ((await guest.nextCounter()) < then + 10);
    const from = guest.serial.end();
    await embed.must('snapshot-revert', name, 'inside');
    await guest.nextCounter();
    const first = guest.serial.numbers('counter', from).find((number) => number < then + 10) as number;
    expect(Math.abs(first - then)).toBeLessThan(8);
    await expectCounting();
    await embed.must('snapshot-delete', name, 'inside');
  }, 180_000);

  test('the chain is told, and what libvirt and a merge have left is removed, and nothing else', async () => {
    const gc = async (how: string): Promise<{ removed: string[]; kept: Record<string, string> }> => {
      const { removed, kept } = JSON.parse(await embed.must('--json', 'gc', name, how)) as {
        removed: { file: string }[];
        kept: { file: string; reason: string }[];
      };
      return {
        removed: removed.map(({ file }) => file),
        kept: Object.fromEntries(kept.map(({ file, reason }) => [file, reason])),
      };
    };
    const [overlay, clone] = [inFolder('vda.merged'), inFolder('clone.qcow2')];
    await embed.must(
      ...[
        'snapshot-create-as',
        name,
        'merged',
        '--disk-only',
        '--diskspec',
        'vda',
        '--diskspec',
        'vdb,snapshot=no',
      ],
    );
    const chain = JSON.parse(await embed.must('--json', 'domblklist', name, '--chain'));
    expect(chain).toMatchObject([
      { target: 'vda', file: overlay, active: true, snapshots: [], madeBy: 'merged', problem: null },
      { target: 'vda', file: inFolder('vda.qcow2'), active: false, snapshots: ['merged'], madeBy: null },
      { target: 'vdb', file: inFolder('vdb.qcow2'), active: true, snapshots: [], madeBy: null },
    ]);
    // libvirt 9.0 has left the memory of a snapshot that was deleted above.
    const memory = inFolder('live.mem');
    expect(await gc('--dry-run')).toMatchObject({
      removed: [memory],
      kept: { [overlay]: expect.any(String) },
    });

    await embed.must('snapshot-delete', name, 'merged', '--metadata');
    await embed.must('blockcommit', name, 'vda', '--active', '--pivot', '--wait');
    execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', overlay, '-F', 'qcow2', clone]);
    expect(await gc('--yes')).toEqual({ removed: [memory], kept: { [overlay]: `'${clone}' lies on it` } });
    rmSync(clone);
    const { findings } = JSON.parse((await embed.run(['--json', 'doctor', name])).stdout) as {
      findings: { code: string; file: string | null; command: string }[];
    };
    expect(findings.filter(({ file }) => file !== null)).toMatchObject([{ code: 'garbage', file: overlay }]);
    expect(await gc('--yes')).toEqual({ removed: [overlay], kept: {} });
    expect(readdirSync(guest.folder).filter((file) => /^(vda\.merged|live\.mem)$/.test(file))).toEqual([]);
    await expectCounting();
  }, 180_000);
});
