import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { ConsoleSession } from '../support/console-session.js';
import { snapctl } from '../support/embed.mjs';
import {
  BOOT,
  bootsOn,
  connected,
  endsWith,
  hearsAll,
  LEAVE,
  PROMPT,
  prompt,
  sleeps,
} from '../support/guest-console.js';
import { LoudGuest } from '../support/loud-guest.js';
import { BareGuest } from '../support/qemu.js';
import { Terminal } from '../support/terminal.js';

afterEach(() => ConsoleSession.closeAll());

const start = (words: readonly string[]): ConsoleSession => new ConsoleSession(words);

describe('a bare QEMU', () => {
  let guest: BareGuest;
  let words: string[];

  beforeAll(async () => {
    guest = await BareGuest.start({
      ...{ serialLine: 'pty', unready: true, disks: 0, memory: 128, agent: false },
      shells: ['ttyS0', 'ttyS1', 'hvc0'],
      args: [
        ...['-chardev', 'pty,id=hvc', '-device', 'virtconsole,bus=serial0.0,chardev=hvc,id=console0'],
        ...['-serial', 'unix:line,server=on,wait=off', '-serial', 'null'],
      ],
      inFolder: true,
    });
    words = ['-c', `qmp://${guest.monitor}`, 'console', 'tiny'];
    await bootsOn(start(words));
  }, BOOT);
  afterAll(async () => guest?.dispose(), BOOT);

  const ttyOf = (): string => {
    const tty = execFileSync(process.execPath, [
      snapctl,
      '-c',
      `qmp://${guest.monitor}`,
      'ttyconsole',
      'tiny',
    ]);
    return tty.toString().trim();
  };
  const modesOf = (tty: string): string => execFileSync('stty', ['-g', '-F', tty]).toString();

  test(
    'what is typed goes to the guest, Ctrl-C and Ctrl-Z too; ^] leaves all as it was',
    async () => {
      const tty = ttyOf();
      // A mode that a serial line must not have: it is put back nevertheless.
      execFileSync('stty', ['-F', tty, 'opost']);
      const modes = modesOf(tty);
      const session = start(words);
      await prompt(session);
      expect(modesOf(tty)).not.toBe(modes);
      session.type('echo $((6 * 7))\r');
      expect(await session.shows(PROMPT)).toContain('echo $((6 * 7))\r\n42\r\n');
      for (const [key, told] of [
        ['\x03', /\^C\r\n/],
        ['\x1c', /\^\\Quit\r\n/],
        ['\x1a', /Stopped .*\r\n/],
      ] as const) {
        await sleeps(session);
        session.type(key);
        await session.shows(told);
        await session.shows(PROMPT);
      }
      // Typed at once with what leaves, and heard by the guest all the same.
      session.type(`echo late${LEAVE}`);
      const text = await endsWith(session, 0);
      expect(text.startsWith(connected('tiny'))).toBe(true);
      expect(text.endsWith('\r\n')).toBe(true);
      expect(modesOf(tty)).toBe(modes);
      execFileSync('stty', ['-F', tty, '-opost']);
      const again = start(words);
      await again.shows('Ctrl + ])\r\n');
      again.type('\r');
      await again.shows('late\r\n');
      again.type(LEAVE);
      await endsWith(again, 0);
    },
    BOOT,
  );

  test(
    "devices by their names, of QEMU and of the guest; those that are none are told in libvirt's words",
    async () => {
      for (const [name, terminal] of [
        ['console0', 'hvc0'],
        ['hvc', 'hvc0'],
        ['serial1', 'ttyS1'],
      ] as const) {
        const session = start([...words, '--devname', name]);
        await prompt(session);
        session.type('tty\r');
        await session.shows(`/dev/${terminal}\r\n`);
        session.type(LEAVE);
        await endsWith(session, 0);
      }
      // --resume lets a guest that stands still answer.
      execFileSync(process.execPath, [snapctl, '-c', `qmp://${guest.monitor}`, 'suspend', 'tiny']);
      const resumed = start([...words, '--resume']);
      await prompt(resumed);
      resumed.type(LEAVE);
      await endsWith(resumed, 0);
      for (const [name, problem] of [
        ['serial2', 'character device serial2 is not using a PTY'],
        ['monitor', 'cannot find character device monitor'],
      ] as const) {
        const text = await endsWith(start([...words, '--devname', name]), 1);
        expect(text).toBe(`${connected('tiny')}error: internal error: ${problem}\r\n\r\n`);
      }
    },
    BOOT,
  );

  test(
    'a reader that is stuck loses nothing',
    async () => {
      const session = start(words);
      await prompt(session);
      session.type('seq 1 25000\r');
      await session.shows('\r\n1\r\n');
      session.stall();
      await delay(2_500);
      session.read();
      const text = await session.shows(PROMPT, BOOT);
      expect(text).toBe(
        `${Array.from({ length: 24_999 }, (_, line) => `${line + 2}\r\n`).join('')}${PROMPT}`,
      );
      session.type(LEAVE);
      await endsWith(session, 0);
    },
    BOOT,
  );

  test(
    'one at a time; --force takes over from one of ours, but not from another program',
    async () => {
      for (const device of ['serial0', 'serial1']) {
        const named = [...words, '--devname', device];
        const first = start(named);
        await prompt(first);
        const refused = await endsWith(start([...named, '--safe']), 1);
        expect(refused).toMatch(/error: operation failed: Active console session exists for this domain\r\n/);
        const second = start([...named, '--force']);
        await prompt(second);
        expect(await endsWith(first, 1)).toMatch(/error: stream had I\/O failure\r\n/);
        second.type(LEAVE);
        await endsWith(second, 0);
      }
      const other = connect(join(guest.folder, 'line'));
      await once(other, 'connect');
      await delay(300);
      for (const flag of ['--safe', '--force']) {
        const text = await endsWith(start([...words, '--devname', 'serial1', flag]), 1);
        expect(text).toMatch(
          /error: operation failed: (Active console session|another program is connected)/,
        );
      }
      other.destroy();
    },
    BOOT,
  );

  test(
    'a signal ends it with the terminal as it was',
    async () => {
      for (const [signal, status] of [
        ['SIGTERM', 143],
        ['SIGHUP', 129],
        ['SIGQUIT', 131],
      ] as const) {
        const session = start(words);
        await prompt(session);
        process.kill(session.pid, signal);
        await endsWith(session, status);
      }
    },
    BOOT,
  );

  test('-e says what leaves', async () => {
    const session = start(['-e', '^a', ...words]);
    await session.shows('Escape character is ^a (Ctrl + a)\r\n');
    session.type(`${LEAVE}\x01`);
    await endsWith(session, 0);
  });

  test(
    'within the interactive shell, whose screen it has meanwhile',
    async () => {
      const shell = await Terminal.open(['-c', `qmp://${guest.monitor}`], { columns: 100, rows: 30 });
      try {
        await shell.shows(/snapctl # ?$/);
        await shell.type('console tiny');
        await shell.keys('Enter');
        await shell.shows(/Escape character is \^\] \(Ctrl \+ \]\)/);
        // What is typed before the guest has the terminal is the shell's.
        for (let tries = 0; !/\/ # ?$/.test(await shell.screen()) && tries < 20; tries += 1) {
          await shell.keys('Enter');
          await delay(500);
        }
        await shell.shows(/\/ # ?$/);
        // As the shell's own key it would abort the command.
        await shell.type('sleep 1000');
        await shell.keys('Enter');
        await delay(300);
        await shell.keys('C-c');
        await shell.type('echo $((6 * 7))');
        await shell.keys('Enter');
        await shell.shows(/\n42\n\/ # ?$/);
        await shell.keys('C-]');
        await shell.shows(/\nsnapctl # ?$/);
        await shell.type('domstate tiny');
        await shell.keys('Enter');
        await shell.shows(/\nsnapctl # domstate tiny\nrunning\n[\s\S]*snapctl # ?$/);
        await shell.type('quit');
        await shell.keys('Enter');
        expect(await shell.ended()).toBe(0);
      } finally {
        await shell.close();
      }
    },
    BOOT,
  );

  test('it ends with QEMU', async () => {
    const session = start(words);
    await prompt(session);
    process.kill(guest.pid, 'SIGKILL');
    expect((await endsWith(session, 0)).endsWith('\r\n')).toBe(true);
  });

  test(
    '5 MB come whole',
    async () => {
      const loud = new LoudGuest();
      const folder = mkdtempSync(join(tmpdir(), 'snapctl-qemu-'));
      const monitor = join(folder, 'monitor');
      const qemu = spawn('qemu-system-x86_64', loud.words(monitor), { stdio: 'ignore' });
      try {
        const session = await untilUp(() => start(['-c', `qmp://${monitor}`, 'console', 'loud']));
        await hearsAll(session);
        session.type(LEAVE);
        await endsWith(session, 0);
      } finally {
        qemu.kill('SIGKILL');
        rmSync(folder, { recursive: true, force: true });
        loud.dispose();
      }

      async function untilUp(attach: () => ConsoleSession): Promise<ConsoleSession> {
        for (const deadline = Date.now() + BOOT; !existsSync(monitor); ) {
          if (Date.now() > deadline) throw new Error('QEMU makes no socket');
          await delay(20);
        }
        return attach();
      }
    },
    BOOT,
  );
});
