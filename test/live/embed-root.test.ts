import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from '@jest/globals';
import { destroyEmbedRoot, guestProcesses, sweepAbandonedRoots } from '../support/embed-root.mjs';

const harness = new URL('../support/embed.mjs', import.meta.url).href;

// Guests outlive the process that started them; nothing of a killed test may stay.
describe('a root whose maker was killed', () => {
  let folder = '';
  afterAll(() => {
    if (folder !== '') destroyEmbedRoot(folder);
  });

  test('is swept with its running guest, and not while its maker lives', async () => {
    const script = `
      const { Embed } = await import(${JSON.stringify(harness)});
      const embed = await Embed.create();
      const guest = embed.prepare();
      await embed.must('define', guest.xml);
      await embed.must('start', guest.name);
      console.log(embed.folder);
      setInterval(() => {}, 1000);
    `;
    const maker = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(maker, 'close');
    const told = await Promise.race([once(maker.stdout, 'data'), ended.then(() => [''])]);
    folder = String(told[0]).trim();
    expect(folder).not.toBe('');

    const [pid] = guestProcesses(folder);
    expect(pid).toBeGreaterThan(1);
    // A process that has ended and has not been waited for has no command line any more.
    const commandLine = () =>
      existsSync(`/proc/${pid}`) ? readFileSync(`/proc/${pid}/cmdline`, 'utf8') : '';
    expect(sweepAbandonedRoots()).not.toContain(folder);
    expect(commandLine()).toContain(folder);

    maker.kill('SIGKILL');
    await ended;
    expect(commandLine()).toContain(folder);
    expect(sweepAbandonedRoots()).toContain(folder);
    expect(existsSync(folder)).toBe(false);
    expect(commandLine()).toBe('');
  }, 60_000);
});
