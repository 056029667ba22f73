import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { openArchive } from '../../src/archive/index.js';
import { QmpClient } from '../../src/qmp/index.js';
import { connectGuest } from '../../src/snapshot/connect-guest.js';
import { activeFiles } from '../drills/engine.js';
import { checkFileSystem } from '../drills/file-system.js';
import { load } from '../drills/one-instant.js';
import { checkImage } from '../drills/qemu-img.js';
import { snapctl } from '../support/embed.mjs';
import { runProgram } from '../support/program.js';
import { BareGuest, type QemuProgram, qemuPrograms } from '../support/qemu.js';
import { SerialLog } from '../support/serial-log.mjs';
import { untilJournal } from '../support/until-journal.js';

// Emulated guests, two at a time, on a machine that may be busy.
jest.setTimeout(400_000);

interface Boot {
  readonly qmpSocket: string;
  readonly command: string[];
  readonly changes: { from: string; to: string }[];
  readonly overlays: { disk: string; file: string; kept: boolean }[];
}

let program: QemuProgram;
let guest: BareGuest;
let before: readonly string[];

beforeAll(async () => {
  // One at a time: QEMU 10 where SNAPCTL_TEST_QEMU is `10`.
  const [, find] = qemuPrograms[0] as (typeof qemuPrograms)[0];
  program = await find();
  // For the QEMUs that archives are continued with.
  Object.assign(process.env, program.env);
  guest = await BareGuest.start({ ...load, program, observer: true });
  process.env.SNAPCTL_STATE_DIR = join(guest.folder, 'state');
  await guest.serial.waitFor(/^atom \d+$/);
  before = readdirSync(guest.folder);
});

afterAll(async () => {
  await guest?.dispose();
  delete process.env.SNAPCTL_STATE_DIR;
});

const archive = (...words: string[]) => runProgram(`qmp://${guest.monitor}`, ['--json', ...words]);

/** The files that the guest's disks are on, as QEMU says now. */
async function disksNow(): Promise<string[]> {
  const connected = await connectGuest(guest.monitor);
  try {
    return await activeFiles(connected);
  } finally {
    await connected.qmp.disconnect();
  }
}

async function nextAtom(serial: SerialLog): Promise<number> {
  const [, number] = await serial.waitFor(/^atom (\d+)$/, { from: serial.end(), timeout: 60_000 });
  return Number(number);
}

/** Boots an archive with the program, has the guest compare memory and disks, and ends it by an interrupt. */
async function boot<T>(
  file: string,
  words: readonly string[],
  use: (boot: Boot, serial: SerialLog) => Promise<T>,
): Promise<T> {
  const child = spawn(process.execPath, [snapctl, '--json', 'archive-boot', file, ...words], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(child, 'exit');
  try {
    const lines = createInterface({ input: child.stderr });
    const said: string[] = [];
    const found = await Promise.race([
      (async () => {
        for await (const line of lines) {
          said.push(line);
          if (line.startsWith('{')) return JSON.parse(line) as Boot;
        }
        return undefined;
      })(),
      ended.then(() => undefined),
    ]);
    if (!found) throw new Error(`archive-boot ended: ${said.join('; ')}`);
    child.stderr.resume();
    const path = /path=([^,]*serial[^,]*)/.exec(found.command.join('\n'))?.[1];
    return await use(found, new SerialLog(path ?? ''));
  } finally {
    child.kill('SIGINT');
    await ended;
  }
}

test('a guest goes on from its archive at that instant, beside the original', async () => {
  const file = join(guest.folder, 'one.snap');
  const least = await nextAtom(guest.serial);
  const created = await archive('archive-create', 'tiny', file, '--live', '--comment', 'the first');
  expect(created.stderr).toBe('');
  const facts = JSON.parse(created.stdout) as Record<string, unknown>;
  expect(facts).toMatchObject({ file, domain: 'tiny', overlays: [], obstacles: [] });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const most = (await nextAtom(guest.serial)) + 1000;
  // The overlays are merged back, and nothing but the archive is left.
  expect(await disksNow()).toEqual(guest.disks);
  expect(readdirSync(guest.folder).sort()).toEqual([...before, 'one.snap', 'state'].sort());

  const overlays = ['vda', 'vdb'].map((disk) => join(guest.folder, `${disk}.kept`));
  const folder = await boot(
    file,
    ['--network', 'none', '--overlay', `vda=${overlays[0]},vdb=${overlays[1]}`],
    async ({ qmpSocket, changes }, serial) => {
      const [, first] = await serial.waitFor(/^atom (\d+)$/, { timeout: 60_000 });
      for (let line = 0; line < 4; line++) await nextAtom(serial);
      expect(serial.text()).not.toContain('mismatch');
      expect(Number(first)).toBeGreaterThan(least);
      expect(Number(first)).toBeLessThanOrEqual(most);
      expect(changes.map(({ from }) => from)).toContain(`-serial file:${join(guest.folder, 'serial')}`);
      return join(qmpSocket, '..');
    },
  );
  expect(existsSync(folder)).toBe(false);
  // Kept, and on the archive's disks; what serves those has gone.
  for (const overlay of overlays) {
    const info = execFileSync('qemu-img', ['info', '--output=json', overlay], { encoding: 'utf8' });
    expect(JSON.parse(info)).toMatchObject({ format: 'qcow2', 'backing-filename-format': 'raw' });
  }
  expect(guest.serial.text()).not.toContain('mismatch');
});

/** Continues a restored guest by its own script. */
async function script<T>(folder: string, use: (serial: SerialLog) => Promise<T>): Promise<T> {
  const child = spawn(join(folder, 'start.sh'), { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  const ended = once(child, 'exit');
  const name = /path=([^, ]*serial[^, ]*)/.exec(readFileSync(join(folder, 'start.sh'), 'utf8'))?.[1] ?? '';
  try {
    const failed = ended.then(() => {
      throw new Error(`start.sh ended: ${said}`);
    });
    return await Promise.race([use(new SerialLog(join(folder, name))), failed]);
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}

test('a guest that runs from an archive is archived, and unpacked', async () => {
  const [base, thin] = ['one.snap', 'two.snap'].map((name) => join(guest.folder, name)) as [string, string];
  const overlay = join(guest.folder, 'again.qcow2');
  const between = await boot(
    base,
    ['--network', 'none', '--overlay', `vda=${overlay}`],
    async ({ qmpSocket }, serial) => {
      const least = await nextAtom(serial);
      const words = ['--socket', qmpSocket, '--overlay', overlay, '--base', base, '--output', thin, '--thin'];
      const snapped = await runProgram('test:///default', ['--json', 'archive-snap', ...words]);
      expect(snapped.stderr).toBe('');
      expect(JSON.parse(snapped.stdout)).toMatchObject({ file: thin, domain: 'tiny' });
      expect(serial.text()).not.toContain('mismatch');
      return { least, most: (await nextAtom(serial)) + 1000 };
    },
  );
  expect(statSync(thin).size).toBeLessThan(statSync(base).size);

  const folder = join(guest.folder, 'restored');
  const restored = await runProgram('test:///default', [
    ...['--json', 'archive-restore', thin, '--directory', folder],
  ]);
  expect(restored.stderr).toBe('');
  expect(JSON.parse(restored.stdout)).toMatchObject({ directory: folder, notes: [], nvram: null });
  const modes = readdirSync(folder).map((name) => [name, statSync(join(folder, name)).mode & 0o777]);
  expect(Object.fromEntries(modes)).toEqual({
    memory: 0o600,
    'start.sh': 0o700,
    'vda.qcow2': 0o600,
    'vdb.qcow2': 0o600,
  });
  for (const disk of ['vda', 'vdb']) execFileSync('qemu-img', ['check', '-q', join(folder, `${disk}.qcow2`)]);
  await script(folder, async (serial) => {
    const [, first] = await serial.waitFor(/^atom (\d+)$/, { timeout: 60_000 });
    for (let line = 0; line < 3; line++) await nextAtom(serial);
    expect(serial.text()).not.toContain('mismatch');
    expect(Number(first)).toBeGreaterThan(between.least);
    expect(Number(first)).toBeLessThanOrEqual(between.most);
  });
  for (const disk of ['vda', 'vdb']) checkFileSystem(program, join(folder, `${disk}.qcow2`));
  // Nothing is replaced.
  const again = await runProgram('test:///default', ['archive-restore', thin, '--directory', folder]);
  expect(again.code).toBe(1);
  expect(again.stderr).toMatch(/^error: .*vda\.qcow2' is there already/);
});

test('every disk is what was frozen, and fits the memory', async () => {
  const file = join(guest.folder, 'kept.snap');
  const least = await nextAtom(guest.serial);
  const created = await archive('archive-create', 'tiny', file, '--live', '--keep-overlay');
  expect(created.stderr).toBe('');
  const most = (await nextAtom(guest.serial)) + 1000;
  expect(await disksNow()).toEqual(guest.disks.map((disk) => disk.replace(/qcow2$/, 'kept')));
  const whole = join(guest.folder, 'whole');
  const alone = join(guest.folder, 'disks');
  for (const [folder, format] of [
    [whole, 'qcow2'],
    [alone, 'raw'],
  ] as const) {
    const words = ['archive-restore', file, '--directory', folder, '--format', format];
    expect((await runProgram('test:///default', words)).stderr).toBe('');
    const ending = format === 'raw' ? 'img' : 'qcow2';
    for (const [index, frozen] of guest.disks.entries()) {
      const restored = join(folder, `${['vda', 'vdb'][index]}.${ending}`);
      execFileSync('qemu-img', ['compare', '-q', '-U', '-f', format, '-F', 'qcow2', restored, frozen]);
      checkFileSystem(program, restored);
    }
  }
  await script(whole, async (serial) => {
    const [, first] = await serial.waitFor(/^atom (\d+)$/, { timeout: 60_000 });
    for (let line = 0; line < 3; line++) await nextAtom(serial);
    expect(serial.text()).not.toContain('mismatch');
    expect(Number(first)).toBeGreaterThan(least);
    expect(Number(first)).toBeLessThanOrEqual(most);
  });
  // The same images, read without a guest.
  const plain = join(guest.folder, 'plain.snap');
  const image = join(alone, 'vda.img');
  const made = await runProgram('test:///default', [
    'archive-create',
    '--file',
    plain,
    '--image',
    `a=raw:${image}`,
  ]);
  expect(made).toMatchObject({ code: 0, stderr: '' });
  const reader = await openArchive(plain);
  try {
    const { size } = reader.stream('disk/a');
    expect((await reader.read('disk/a', 0, size)).equals(readFileSync(image))).toBe(true);
  } finally {
    await reader.close();
  }
});

test('a lost export fails the archive, and nothing else', async () => {
  const [before, disks] = [readdirSync(guest.folder).sort(), await disksNow()];
  const running = archive('archive-create', 'tiny', join(guest.folder, 'lost.snap'), '--no-memory');
  // Held up before it reads, so that there is something left to be read.
  const { memory } = await untilJournal((record) => record.memory?.sink != null);
  const writer = memory?.sink?.pid as number;
  process.kill(writer, 'SIGSTOP');
  const observer = await QmpClient.connect(join(guest.folder, 'observer'));
  try {
    const exported = async (): Promise<number> =>
      ((await observer.execute('query-block-exports')) as unknown[]).length;
    while ((await exported()) < 2) await delay(5);
    await observer.execute('nbd-server-stop').catch(() => undefined);
  } finally {
    process.kill(writer, 'SIGCONT');
    await observer.disconnect();
  }
  const { code, stderr } = await running;
  expect(code).toBe(1);
  expect(stderr).toMatch(/^error: .*cannot write '.*lost\.snap': .+/);
  expect(readdirSync(guest.folder).sort()).toEqual(before);
  expect(await disksNow()).toEqual(disks);
  await nextAtom(guest.serial);
  expect(guest.serial.text()).not.toContain('mismatch');
});

test('a QEMU that dies leaves its disks to be gone on with, and no archive', async () => {
  const file = join(guest.folder, 'dead.snap');
  const running = archive('archive-create', 'tiny', file, '--live', '--method', 'background');
  await untilJournal(({ step }) => step === 'streaming' || step === 'finishing');
  process.kill(guest.pid, 'SIGKILL');
  const { code, stderr } = await running;
  expect(code).toBe(1);
  // What QEMU had not flushed is lost with it, and with that perhaps all that was in an overlay.
  expect(stderr).toMatch(/disk 'vd[ab]' goes on in '.*'.* qemu-img commit|removed the empty overlay/);
  expect(readdirSync(guest.folder).filter((name) => name.includes('dead.snap'))).toEqual([]);
  const told = [...stderr.matchAll(/goes on in '([^']*)'/g)].map(([, overlay]) => overlay as string);
  const left = readdirSync(guest.folder).filter((name) => name.includes('.archive-'));
  expect(left.map((name) => join(guest.folder, name)).sort()).toEqual(told.sort());
  for (const overlay of told) expect(checkImage(program, overlay).verdict).not.toBe('broken');
});
