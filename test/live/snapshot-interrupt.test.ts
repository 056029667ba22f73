import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RunResult, TinyGuest } from '../support/embed.mjs';
import { PrivateDaemon } from '../support/private-daemon.js';

describe('an interrupted snapshot leaves the guest as it was', () => {
  let daemon: PrivateDaemon;
  let guest: TinyGuest;
  const name = 'busy';

  beforeAll(async () => {
    daemon = await PrivateDaemon.start();
    guest = await daemon.startGuest(name, { disks: 2, memory: 768, dirty: 300 });
    // The rewriting of memory has begun, so that there is something to save.
    while ((await guest.nextCounter()) < 20);
  }, 180_000);

  afterAll(() => daemon?.stop(), 30_000);

  const inFolder = (file: string): string => join(guest.folder, file);

  const surroundings = async (): Promise<object> => ({
    domain: await daemon.must(`domstate ${name}; domblklist ${name}; snapshot-list ${name}`),
    files: readdirSync(guest.folder).sort(),
  });

  /** Runs a command and sends it a signal as soon as something has happened. */
  const interrupted = async (
    words: readonly string[],
    signal: NodeJS.Signals,
    begun: () => boolean,
  ): Promise<RunResult & { sent: boolean }> => {
    let timer: NodeJS.Timeout | undefined;
    let sent = false;
    const result = await daemon.run(words, {
      started: (child) => {
        timer = setInterval(() => {
          if (sent || !begun()) return;
          sent = true;
          child.kill(signal);
        }, 5);
      },
    });
    clearInterval(timer);
    return { ...result, sent };
  };

  const expectTakenBack = async (
    words: readonly string[],
    signal: NodeJS.Signals,
    status: number,
    begun: () => boolean,
  ): Promise<void> => {
    const before = await surroundings();
    const result = await interrupted(words, signal, begun);
    expect(result).toEqual({
      sent: true,
      code: status,
      signal: null,
      stdout: '',
      stderr: 'error: interrupted\n',
    });
    expect(await surroundings()).toEqual(before);
    const counter = await guest.nextCounter();
    expect(await guest.nextCounter()).toBeGreaterThan(counter);
    expect(guest.serial.text()).not.toMatch(/^mismatch/m);
  };

  const written = (path: string, bytes: number) => (): boolean =>
    existsSync(path) && statSync(path).size > bytes;

  const external = (file: string, ...more: string[]): string[] => [
    'snapshot-create-as',
    name,
    'given-up',
    ...more,
    '--memspec',
    `file=${inFolder(file)}`,
  ];

  test('live, by Ctrl-C', async () => {
    const begun = written(inFolder('l.mem'), 20_000_000);
    await expectTakenBack(external('l.mem', '--live'), 'SIGINT', 130, begun);
  }, 120_000);

  test('live, by SIGTERM and SIGHUP', async () => {
    await expectTakenBack(external('t.mem', '--live'), 'SIGTERM', 143, written(inFolder('t.mem'), 1_000_000));
    await expectTakenBack(external('t.mem', '--live'), 'SIGHUP', 129, written(inFolder('t.mem'), 1_000_000));
  }, 120_000);

  test('with the guest stopped', async () => {
    await expectTakenBack(external('s.mem'), 'SIGINT', 130, written(inFolder('s.mem'), 1_000_000));
  }, 120_000);

  test('internal, which cannot be stopped: it is completed and deleted', async () => {
    const image = inFolder('vda.qcow2');
    const before = statSync(image).blocks;
    const begun = (): boolean => statSync(image).blocks > before + 8192;
    await expectTakenBack(['snapshot-create-as', name, 'given-up'], 'SIGINT', 130, begun);
  }, 120_000);

  test('a snapshot after all that is made as ever', async () => {
    expect(await daemon.must('snapshot-create-as', name, 'after')).toBe('Domain snapshot after created\n');
    expect(await daemon.must('snapshot-delete', name, 'after')).toBe('Domain snapshot after deleted\n\n');
  }, 120_000);
});
