import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { createArchive, openArchive } from '../../../src/archive/index.js';
import { type RestoredArchive, restoreArchive } from '../../../src/snapshot/archive-restore.js';
import { Random } from './random-bytes.js';
import { scratchFolder } from './scratch.js';

// Archives that somebody else has written, in order to do harm.
const scratch = scratchFolder();
const contents = new Random(1).bytes(200_000);

const domain = {
  version: 1,
  name: '../../evil\u001b[2J',
  uuid: '../uuid',
  takenAt: '2026-11-21T00:00:00.000Z',
  running: true,
  frozen: false,
  memory: 1 << 28,
  method: 'background',
  origin: 'qemu',
  launch: null as object | null,
  disks: [
    {
      stream: 'disk/vda',
      target: '../../../outside',
      names: ['/etc/passwd'],
      chain: ['/etc/shadow'],
      size: 5,
    },
  ] as object[],
};

let written = 0;

async function archive(changes: Partial<Record<keyof typeof domain, unknown>> = {}): Promise<string> {
  const path = scratch(`${++written}.snap`);
  const writer = await createArchive(path);
  const disk = writer.disk('vda', contents.length);
  await disk.writeAt(0, contents);
  await disk.end();
  const memory = writer.memory();
  await memory.append(Buffer.from('no stream of QEMU'));
  await memory.end();
  await writer.document('domain.json', JSON.stringify({ ...domain, ...changes }));
  await writer.document(
    'domain.xml',
    "<domain><name>../x</name><devices><disk><target dev='vda'/></disk></devices></domain>",
  );
  await writer.finish();
  return path;
}

async function restore(path: string, folder: string): Promise<RestoredArchive> {
  const opened = await openArchive(path);
  try {
    return await restoreArchive(opened, folder, { format: 'raw', signal: new AbortController().signal });
  } finally {
    await opened.close();
  }
}

test('nothing is written outside of the folder, whatever an archive says its parts are called', async () => {
  const place = scratch('place');
  mkdirSync(place);
  const folder = join(place, 'in');
  const { disks, memory, xml } = await restore(await archive(), folder);
  expect([...disks.map(({ file }) => file), memory, xml]).toEqual(
    ['vda.img', 'memory', 'domain.xml'].map((name) => join(folder, name)),
  );
  expect(readdirSync(place)).toEqual(['in']);
  expect(readdirSync(folder).sort()).toEqual(['domain.xml', 'memory', 'vda.img']);
  for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
  expect(readFileSync(join(folder, 'vda.img')).equals(contents)).toBe(true);
});

test('no link is followed, and nothing replaced', async () => {
  const path = await archive();
  const outside = scratch('outside');
  writeFileSync(outside, 'mine');
  for (const name of ['vda.img', 'memory', 'domain.xml', 'start.sh']) {
    const folder = scratch(`links-${name}`);
    mkdirSync(folder);
    symlinkSync(outside, join(folder, name));
    await expect(restore(path, folder)).rejects.toThrow(`'${join(folder, name)}' is there already`);
    expect(readdirSync(folder)).toEqual([name]);
  }
  expect(readFileSync(outside, 'utf8')).toBe('mine');
});

test('a description that makes no sense is refused, and leaves nothing', async () => {
  const launch = {
    ...{
      program: '/bin/sh',
      words: ['-machine', 'q35', '-name', "a'; touch /tmp/x; '"],
      cwd: '/',
      machine: 'q35',
      version: '7.2',
    },
    ...{ plugged: [], unplugged: [] },
  };
  for (const [changes, reason] of [
    [{ disks: [{ ...domain.disks[0], stream: '../../etc/passwd' }] }, "no stream '../../etc/passwd'"],
    [{ disks: [{ ...domain.disks[0], stream: 'memory' }] }, 'is no disk'],
    [{ disks: [domain.disks[0], domain.disks[0]] }, "two disks would be called 'vda.img'"],
    [{ takenAt: 'now\ntouch /tmp/x' }, 'takenAt is no time'],
    [{ name: 'a\u0000b' }, 'name is no text'],
    [{ origin: 'elsewhere' }, "its origin 'elsewhere' is unknown"],
    [{ version: 9 }, 'its version is 9'],
  ] as const) {
    const folder = scratch(`refused${written}`);
    await expect(restore(await archive(changes), folder)).rejects.toThrow(reason);
    expect(() => readdirSync(folder)).toThrow('ENOENT');
  }
  // What is no QEMU is never put into the script as the program.
  const folder = scratch('program');
  const { script, notes } = await restore(await archive({ launch, disks: [] }), folder);
  expect(notes).toContain('the guest will be paused: tell its monitor to cont');
  const text = readFileSync(script as string, 'utf8');
  expect(text.match(/^qemu=.*/m)?.[0]).toBe('qemu=qemu-system-x86_64');
  expect(text).toContain(String.raw`'a'\''; touch /tmp/x; '\'''`);
});
