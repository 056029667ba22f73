import { copyFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import {
  type CreateOptions,
  createArchive,
  extractStream,
  type OpenOptions,
  openArchive,
  openDamagedArchive,
  verifyArchive,
} from '../../../src/archive/index.js';
import { MigrationStream, pageOf } from './migration-stream.js';
import { Random } from './random-bytes.js';
import { scratchFolder } from './scratch.js';

const scratch = scratchFolder();
const MIB = 1024 * 1024;
const BLOCK = 64 * 1024;

const disk = Buffer.concat([
  new Random(1).bytes(MIB),
  Buffer.alloc(MIB),
  new Random(2).text(MIB),
  new Random(1).bytes(MIB),
  Buffer.alloc(1000, 7),
]);
const memory = (() => {
  const stream = MigrationStream.begin()
    .ramStart({ 'pc.ram': 512 * 4096 })
    .ramPart();
  for (let page = 0; page < 512; page++) stream.page(page * 4096, pageOf(page), page ? undefined : 'pc.ram');
  return stream.ramEnd().ramLast().ramEnd().deviceState(new Random(3).bytes(9000)).bytes();
})();

async function write(name: string, options: CreateOptions = {}): Promise<string> {
  const path = scratch(name);
  const writer = await createArchive(path, options);
  await writer.document('domain.json', '{}');
  const stream = writer.disk('vda', disk.length);
  await stream.writeAt(0, disk);
  await stream.end();
  const taken = writer.memory();
  await taken.append(memory);
  await taken.end();
  await writer.finish();
  return path;
}

/** A copy with some bytes changed. */
function changed(path: string, change: (bytes: Buffer) => Buffer | undefined): string {
  const bytes = readFileSync(path);
  const copy = scratch(`changed${Math.random()}`);
  writeFileSync(copy, change(bytes) ?? bytes);
  return copy;
}

const flip = (at: number) => (bytes: Buffer) => {
  bytes[at] = (bytes[at] as number) ^ 0x10;
  return undefined;
};

async function refusal(path: string, options: OpenOptions = {}): Promise<string> {
  try {
    await (await openArchive(path, options)).close();
  } catch (error) {
    const { problem, message } = error as { problem: string; message: string };
    return `${problem}: ${message.replaceAll(path, 'FILE')}`;
  }
  return 'opened';
}

test('every way in which a file can be wrong has its own sentence', async () => {
  const path = await write('whole');
  const length = readFileSync(path).length;
  const of = (change: (bytes: Buffer) => Buffer | undefined): Promise<string> =>
    refusal(changed(path, change));
  expect(await of(() => Buffer.alloc(0))).toBe("empty: archive 'FILE': the file is empty");
  expect(await of(() => Buffer.from('#!/bin/sh\n'))).toBe(
    "not-an-archive: archive 'FILE': it does not begin as an archive does",
  );
  expect(await of((bytes) => bytes.subarray(0, 50))).toBe(
    "truncated: archive 'FILE': it is cut off within its header, after 50 bytes",
  );
  expect(await of((bytes) => bytes.subarray(0, length >> 1))).toBe(
    "truncated: archive 'FILE': its end is missing: it was cut off, or never finished",
  );
  expect(await of((bytes) => bytes.subarray(0, length - 1))).toContain('truncated: ');
  expect(await of((bytes) => Buffer.concat([bytes.subarray(0, 300_000), bytes.subarray(400_000)]))).toBe(
    `truncated: archive 'FILE': it is ${length - 100_000} bytes long, and was ${length} when it was finished`,
  );
  expect(await of(flip(20))).toBe("damaged: archive 'FILE': its header is damaged (checksum)");
  expect(await of(flip(length - 50))).toBe("damaged: archive 'FILE': its footer is damaged (checksum)");
  expect(await of(flip(length - 300))).toMatch(
    /^damaged: archive 'FILE' is damaged: the chunk at byte \d+ is damaged \(checksum\)$/,
  );
  expect(
    await of((bytes) => {
      bytes.writeUInt16LE(7, 8);
      return undefined;
    }),
  ).toBe("newer-version: archive 'FILE': it has format version 7, and this program reads versions up to 1");
  expect(await refusal('/')).toBe("not-an-archive: archive 'FILE': it is a folder");
  await expect(openArchive(scratch('missing'))).rejects.toMatchObject({ code: 'ENOENT' });
});

test('halves of two archives are no archive', async () => {
  const [a, b] = [await write('half-a'), await write('half-b')];
  const mixed = changed(a, (bytes) =>
    Buffer.concat([bytes.subarray(0, 1000), readFileSync(b).subarray(1000)]),
  );
  expect(await refusal(mixed)).toContain('its beginning and its end are of different archives');
});

test('a flipped bit anywhere is found, and told where', async () => {
  const path = await write('flips');
  const { length } = readFileSync(path);
  const random = new Random(4);
  for (let round = 0; round < 60; round++) {
    const at = random.below(length);
    const copy = changed(path, flip(at));
    let archive: Awaited<ReturnType<typeof openArchive>>;
    try {
      archive = await openArchive(copy);
    } catch (error) {
      expect(error).toMatchObject({
        problem: expect.stringMatching(/^(damaged|truncated|not-an-archive|newer-version)$/),
      });
      continue;
    }
    const report = await verifyArchive(archive);
    await archive.close();
    // The announcements at the beginning are only read when the index is lost, and are checked, too.
    expect({ at, sound: report.sound }).toEqual({ at, sound: false });
    expect(report.damages[0]).toMatchObject({ problem: 'damaged' });
    expect(report.damages[0]?.message).toMatch(/at byte \d+|chunk|leaf|block/);
  }
});

test('damage in a large file, which threads check, is told as in a small one', async () => {
  const path = scratch('large');
  const contents = new Random(6).bytes(20 * MIB);
  const writer = await createArchive(path);
  const stream = writer.disk('vda', contents.length);
  for (let at = 0; at < contents.length; at += MIB) await stream.writeAt(at, contents.subarray(at, at + MIB));
  await stream.end();
  await writer.finish();
  const verified = async (file: string): ReturnType<typeof verifyArchive> => {
    const archive = await openArchive(file);
    try {
      return await verifyArchive(archive);
    } finally {
      await archive.close();
    }
  };
  const sound = await verified(path);
  expect(sound).toMatchObject({ sound: true, blocks: 320, plainBytes: contents.length });
  const copy = changed(path, (bytes) => {
    for (const place of [3, 11, 19]) flip(place * MIB)(bytes);
    return undefined;
  });
  const { damages, ...report } = await verified(copy);
  expect(report).toMatchObject({ sound: false, blocks: 320, storedBytes: sound.storedBytes });
  expect(damages).toHaveLength(3);
  for (const damage of damages) {
    expect(damage).toMatchObject({ problem: 'damaged', stream: 'disk/vda', length: BLOCK });
    expect(damage.message).toMatch(/the chunk at byte \d+ is damaged \(checksum\)$/);
  }
});

test('a wrong key is told from damage, and nothing is readable without it', async () => {
  const keyFile = scratch('key');
  writeFileSync(keyFile, new Random(5).bytes(32));
  const path = await write('locked', { encryption: { keyFile }, comment: 'secret comment' });
  expect(readFileSync(path).includes('secret comment')).toBe(false);
  // Three letters would come about by chance, once in fifty times. Without a key the name is there.
  expect(readFileSync(path).includes('disk/vda')).toBe(false);
  expect(readFileSync(await write('open', {})).includes('disk/vda')).toBe(true);
  expect(await refusal(path)).toBe(
    "needs-key: archive 'FILE' is encrypted: its passphrase or key file is needed",
  );
  expect(await refusal(path, { secret: { passphrase: 'wrong' } })).toBe(
    "wrong-key: archive 'FILE': this is not its passphrase",
  );
  const other = scratch('other-key');
  writeFileSync(other, 'x');
  expect(await refusal(path, { secret: { keyFile: other } })).toBe(
    `wrong-key: archive 'FILE': '${other}' is not its key`,
  );
  const archive = await openArchive(path, { secret: { keyFile } });
  expect(archive.info.comment).toBe('secret comment');
  expect((await archive.read('disk/vda', 0, disk.length)).equals(disk)).toBe(true);
  expect(await verifyArchive(archive)).toMatchObject({ sound: true });
  await archive.close();
  // No two archives of the same contents and key have a stored block in common.
  const again = readFileSync(await write('locked-again', { encryption: { keyFile } }));
  expect(again.includes(readFileSync(path).subarray(2000, 2032))).toBe(false);
});

test('a thin archive finds its base, and takes no other for it', async () => {
  const basePath = await write('base');
  const base = await openArchive(basePath);
  const path = await write('thin', { base });
  expect(readFileSync(path).length).toBeLessThan(5000);
  await base.close();
  const thin = await openArchive(path);
  expect(thin.info.base).toMatchObject({
    uuid: base.info.uuid,
    indexHash: base.info.indexHash,
    name: 'base',
  });
  expect((await thin.read('disk/vda', 0, disk.length)).equals(disk)).toBe(true);
  await thin.close();

  const elsewhere = scratch('elsewhere');
  copyFileSync(basePath, elsewhere);
  writeFileSync(basePath, readFileSync(await write('base2')));
  expect(await refusal(path)).toBe(
    `wrong-base: archive 'FILE' needs its base 'base' (UUID ${base.info.uuid}), and '${basePath}' is another archive`,
  );
  expect(await refusal(path, { bases: [elsewhere] })).toBe('opened');
  expect(await refusal(path, { bases: [elsewhere], withoutBase: true })).toBe('opened');
  const alone = await openArchive(path, { withoutBase: true });
  await expect(alone.read('disk/vda', 0, 1)).rejects.toThrow("needs its base 'base'");
  await alone.close();

  // A base that was damaged since is found out block by block.
  const damaged = changed(elsewhere, flip(200_000));
  const onDamaged = await openArchive(path, { bases: [damaged] });
  const report = await verifyArchive(onDamaged);
  expect(report.damages[0]?.message).toContain(damaged);
  expect(report.damages[0]).toMatchObject({ stream: 'disk/vda', length: BLOCK });
  await onDamaged.close();
});

test('salvage: one bad block costs that block', async () => {
  const path = await write('bad-block');
  const copy = changed(path, flip(150_000));
  const archive = await openArchive(copy);
  await expect(extractStream(archive, 'disk/vda', scratch('refused'))).rejects.toThrow('is damaged');
  const target = scratch('salvaged');
  const report = await extractStream(archive, 'disk/vda', target, { salvage: true });
  const [damage] = report.damages;
  expect(damage).toMatchObject({ stream: 'disk/vda', offset: 2 * BLOCK, length: BLOCK });
  // The same block is shared with another place.
  expect(report.damages.map(({ offset }) => offset)).toEqual([2 * BLOCK, 3 * MIB + 2 * BLOCK]);
  const expected = Buffer.from(disk);
  for (const { offset = 0, length = 0 } of report.damages) expected.fill(0, offset, offset + length);
  expect(readFileSync(target).equals(expected)).toBe(true);
  await archive.close();
});

test('salvage: without its end, everything before it is found again', async () => {
  const path = await write('cut');
  const whole = readFileSync(path);
  const copy = scratch('cut-copy');
  copyFileSync(path, copy);
  // The index and the footer, not more.
  truncateSync(copy, whole.length - 500);
  const { archive, damages } = await openDamagedArchive(copy);
  expect(damages).toMatchObject([{ problem: 'truncated' }]);
  expect(archive.info.streams.map(({ name, size }) => [name, size])).toEqual([
    ['domain.json', 2],
    ['disk/vda', disk.length],
    ['memory', memory.length],
  ]);
  for (const [name, bytes] of [
    ['disk/vda', disk],
    ['memory', memory],
  ] as const) {
    const target = scratch(`cut-${name.replace('/', '-')}`);
    expect((await extractStream(archive, name, target, { salvage: true })).damages).toEqual([]);
    expect(readFileSync(target).equals(bytes)).toBe(true);
  }
  await archive.close();

  // In the middle of the disk: its first blocks.
  truncateSync(copy, 600_000);
  const half = await openDamagedArchive(copy);
  const target = scratch('half');
  const report = await extractStream(half.archive, 'disk/vda', target, { salvage: true });
  expect(readFileSync(target).subarray(0, 500_000).equals(disk.subarray(0, 500_000))).toBe(true);
  expect(report.damages.length).toBeGreaterThan(40);
  await half.archive.close();
  await expect(openDamagedArchive(scratch('nothing-there'))).rejects.toMatchObject({ code: 'ENOENT' });
});

test('salvage: memory with a bad group keeps its shape', async () => {
  const path = await write('bad-memory');
  const bytes = readFileSync(path);
  // The last group of pages: its chunk is the last but those of layout, leaves and index.
  const at = bytes.lastIndexOf(Buffer.concat([Buffer.from('\xf5sCK', 'latin1'), Buffer.from([1, 1, 4, 0])]));
  expect(at).toBeGreaterThan(0);
  const archive = await openArchive(changed(path, flip(at + 60)));
  const target = scratch('memory');
  const report = await extractStream(archive, 'memory', target, { salvage: true });
  expect(report.damages).toHaveLength(1);
  expect(report.damages[0]?.message).toMatch(/group \d+ of its pages is lost/);
  const salvaged = readFileSync(target);
  expect(salvaged.length).toBe(memory.length);
  let differing = 0;
  for (let index = 0; index < memory.length; index++) if (salvaged[index] !== memory[index]) differing++;
  expect(differing).toBeGreaterThan(0);
  expect(differing).toBeLessThanOrEqual(BLOCK);
  await archive.close();
});
