import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { ConsoleSession, type ConsoleSessionOptions } from '../support/console-session.js';
import { Embed } from '../support/embed.mjs';
import {
  BOOT,
  connected,
  endsWith,
  hearsAll,
  LEAVE,
  PROMPT,
  prompt,
  sleeps,
} from '../support/guest-console.js';
import { LoudGuest } from '../support/loud-guest.js';
import { canRunDaemon, PrivateDaemon } from '../support/private-daemon.js';

afterEach(() => ConsoleSession.closeAll());

const start = (words: readonly string[], options?: ConsoleSessionOptions): ConsoleSession =>
  new ConsoleSession(words, options);

describe('a private libvirt', () => {
  let embed: Embed;

  beforeAll(async () => {
    embed = await Embed.create();
    const { xml } = embed.prepare({
      ...{ disks: 0, memory: 128, agent: false, channel: false, terminals: true },
      shells: ['ttyS0', 'hvc0'],
    });
    await embed.must('define', xml);
  }, BOOT);
  afterAll(async () => embed?.dispose(), BOOT);

  const on = (...words: string[]): ConsoleSession => start(['-c', embed.uri, ...words], { env: embed.env });

  test(
    'start --console, the same terminals, and the end of the guest',
    async () => {
      const session = on('start', 'tiny', '--console');
      await session.shows(`Domain 'tiny' started\r\n${connected('tiny')}`);
      // The kernel's own text is there from its first line on.
      await session.shows('ready\r\n', BOOT);
      await session.shows(PROMPT, BOOT);
      session.type('echo $((6 * 7))\r');
      await session.shows('\r\n42\r\n');
      // More than anybody types, and nothing of it is lost.
      const typed = 'snapshot'.repeat(2_500);
      session.type(`stty raw -echo; echo $((2 * 3)) go; head -c ${typed.length} | md5sum; stty sane\r`);
      await session.shows('6 go\n');
      session.type(typed);
      await session.shows(`${createHash('md5').update(typed).digest('hex')}  -`);
      await session.shows(PROMPT);
      session.type(LEAVE);
      await endsWith(session, 0);

      const console = on('console', 'tiny', '--devname', 'console1', '--force', '--safe');
      await prompt(console);
      console.type('tty\r');
      await console.shows('/dev/hvc0\r\n');
      await sleeps(console);
      console.type('\x03');
      await console.shows(PROMPT);
      console.type('poweroff -f\r');
      expect((await endsWith(console, 0)).endsWith('poweroff -f\r\n\r\n')).toBe(true);
      const off = await endsWith(on('console', 'tiny'), 1);
      expect(off).toMatch(/error: .*domain is not running\r\n\r\n$/);
    },
    BOOT,
  );

  test(
    '5 MB come whole; it ends when QEMU is killed',
    async () => {
      const loud = new LoudGuest();
      const xml = join(embed.folder, 'loud.xml');
      writeFileSync(xml, loud.xml);
      try {
        const session = on('create', xml, '--console');
        await session.shows(`Domain 'loud' created from ${xml}\r\n`);
        await hearsAll(session);
        process.kill(Number(readFileSync(join(embed.folder, 'run/qemu/loud.pid'), 'utf8')), 'SIGKILL');
        await endsWith(session, 0);
      } finally {
        loud.dispose();
      }
    },
    BOOT,
  );
});

(canRunDaemon() ? describe : describe.skip)('a daemon', () => {
  let daemon: PrivateDaemon;
  const loud = new LoudGuest();

  beforeAll(async () => {
    daemon = await PrivateDaemon.start();
    const xml = join(daemon.folder, 'loud.xml');
    writeFileSync(xml, loud.xml);
    await daemon.must('create', xml);
  }, BOOT);
  afterAll(async () => {
    await daemon?.stop();
    loud.dispose();
  }, BOOT);

  const run = (words: string[], tool?: 'snapctl' | 'virsh'): ConsoleSession =>
    start(['-c', daemon.uri, ...words], tool ? { tool } : {});

  async function prints(session: ConsoleSession): Promise<void> {
    await session.shows('Ctrl + ])\r\n');
    session.type('.');
    await session.shows(PRINTED, BOOT);
  }

  test(
    'one at a time, virsh and we',
    async () => {
      const ours = run(['console', 'loud']);
      await prints(ours);
      const [refused, theirs] = await Promise.all([
        endsWith(run(['console', 'loud']), 1),
        endsWith(run(['console', 'loud'], 'virsh'), 1),
      ]);
      expect(refused).toBe(withoutPolkit(theirs));
      expect(refused).toMatch(/error: operation failed: Active console session exists for this domain\r\n/);
      const taking = run(['console', 'loud', '--force'], 'virsh');
      await taking.shows('Ctrl + ])\r\n');
      // virsh drops what is typed before it has the terminal in raw mode.
      await delay(500);
      taking.type('.');
      await taking.shows(PRINTED);
      expect(await endsWith(ours, 1)).toMatch(/error: stream had I\/O failure\r\n\r\n$/);
      const back = run(['console', 'loud', '--force']);
      await prints(back);
      expect(await endsWith(taking, 1)).toMatch(/error: stream had I\/O failure\r\n\r\n$/);
      back.type(LEAVE);
      await endsWith(back, 0);
      // Left for good: the next one needs no force.
      const next = run(['console', 'loud']);
      await prints(next);
      next.type(LEAVE);
      await endsWith(next, 0);
    },
    BOOT,
  );

  test.each([
    [['console', 'loud', '--devname', 'nosuch']],
    [['-q', 'console', 'loud', '--devname', 'nosuch']],
    [['-r', 'console', 'loud']],
    [['-e', 'x', '-r', 'console', 'loud']],
    [['console loud --devname nosuch; echo next']],
    [['console', 'nosuch']],
  ])('refused as virsh refuses: %j', async (words) => {
    const [ours, theirs] = await Promise.all([run(words).ended(), run(words, 'virsh').ended()]);
    expect({ ...ours, text: ours.text }).toEqual({ ...theirs, text: withoutPolkit(theirs.text) });
  });

  test(
    'the daemon is gone: told at once, with the terminal as it was',
    async () => {
      const session = run(['console', 'loud']);
      await prints(session);
      await daemon.kill();
      const text = await endsWith(session, 1);
      expect(text.endsWith(`error: Disconnected from ${daemon.uri} due to end of file\r\n\r\n`)).toBe(true);
    },
    BOOT,
  );
});

/** A line of the loud guest. */
const PRINTED = /[0-9a-f]{8}\n/;

/** What libvirt's client says of a terminal without a polkit. */
const withoutPolkit = (text: string): string => text.replace(/^Authorization not available\..*\r\n/, '');
