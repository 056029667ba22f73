import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { GuestAgent } from '../../src/agent/index.js';
import { connectGuest } from '../../src/snapshot/connect-guest.js';
import { activeFiles } from '../drills/engine.js';
import { runProgram } from '../support/program.js';
import { BareGuest, qemuPrograms } from '../support/qemu.js';
import { untilJournal } from '../support/until-journal.js';

jest.setTimeout(300_000);

/** How an archive takes the memory of a guest that is calm: by pre-copy, for as long as it stays so. */
let guest: BareGuest;
let before: readonly string[];

beforeAll(async () => {
  const [, find] = qemuPrograms[0] as (typeof qemuPrograms)[0];
  // The program that fills memory is in the guest; it has done so, and rests.
  guest = await BareGuest.start({ program: await find(), memory: 512, fill: 64, agent: true, tick: 5000 });
  process.env.SNAPCTL_STATE_DIR = join(guest.folder, 'state');
  await guest.serial.waitFor(/^filled 64 MiB/, { timeout: 120_000 });
  before = readdirSync(guest.folder);
});

afterAll(async () => {
  delete process.env.SNAPCTL_STATE_DIR;
  await guest?.dispose();
});

const archive = async (...words: string[]) => {
  // A number takes an emulated processor that others want, too, as long as snapctl looks at it: the next is far off now.
  await guest.nextCounter({ timeout: 60_000 });
  const ended = await runProgram(`qmp://${guest.monitor}`, ['--json', 'archive-create', 'tiny', ...words]);
  expect(ended.stderr).toBe('');
  return JSON.parse(ended.stdout) as { method: string; reason: string; pauseMs: number };
};

async function goesOn(file: string): Promise<void> {
  const counter = await guest.nextCounter({ timeout: 60_000 });
  expect(await guest.nextCounter({ timeout: 60_000 })).toBeGreaterThan(counter);
  const connected = await connectGuest(guest.monitor);
  try {
    expect(await activeFiles(connected)).toEqual(guest.disks);
  } finally {
    await connected.qmp.disconnect();
  }
  const verified = await runProgram('test:///default', ['archive-verify', file]);
  expect(verified).toMatchObject({ code: 0, stderr: '' });
}

test('a guest that does little is archived by pre-copy', async () => {
  const file = join(guest.folder, 'calm.snap');
  const { method, reason } = await archive(file, '--live');
  expect([method, reason]).toEqual([
    'precopy',
    expect.stringMatching(/^the guest is calm \(\d+ % of a processor\)/),
  ]);
  await goesOn(file);
});

test('not while its file systems are frozen, nor if another method is asked for', async () => {
  const quiesced = await archive(join(guest.folder, 'quiesced.snap'), '--live', '--quiesce');
  expect(quiesced.method).toBe('background');
  const asked = await archive(join(guest.folder, 'asked.snap'), '--live', '--method', 'background');
  expect(asked).toMatchObject({ method: 'background', reason: 'asked for' });
});

test('one that gets busy meanwhile is archived in the background after all', async () => {
  const file = join(guest.folder, 'busy.snap');
  const agent = await GuestAgent.connect(guest.agent);
  try {
    const running = archive(file, '--live');
    running.catch(() => undefined);
    const { method, memory } = await untilJournal(
      ({ step, memory }) => step === 'switching' && memory?.sink != null,
    );
    expect(method).toBe('precopy');
    // Held up until the guest is busy.
    const writer = memory?.sink?.pid as number;
    process.kill(writer, 'SIGSTOP');
    try {
      const filled = guest.serial.waitFor(/^filled 96 MiB/, { timeout: 50_000 });
      await agent.execute('guest-exec', {
        path: '/bin/busybox',
        arg: ['sh', '-c', 'exec fill 96,again >/dev/console'],
      });
      await filled;
    } finally {
      process.kill(writer, 'SIGCONT');
    }
    const taken = await running;
    expect(taken.method).toBe('background');
    expect(taken.reason).toMatch(/^the guest (has become busy|changes its memory too fast for pre-copy); ./);
  } finally {
    agent.close();
  }
  await goesOn(file);
  const names = readdirSync(guest.folder).filter((name) => !name.endsWith('.snap') && name !== 'state');
  expect(names.sort()).toEqual([...before].sort());
});
