import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, test } from '@jest/globals';
import {
  type ArchiveReader,
  type CreateOptions,
  createArchive,
  openArchive,
  type WriteSummary,
} from '../../../src/archive/index.js';
import { Random } from './random-bytes.js';
import { scratchFolder } from './scratch.js';

const scratch = scratchFolder();
const KIB = 1024;
const MIB = 1024 * KIB;

/** A disk with text, random bytes, holes, written zeroes and the same block twice. */
function makeDisk(random: Random, size = 3 * MIB + 1000, text = 400 * KIB): Buffer {
  const disk = Buffer.alloc(size);
  random.text(text).copy(disk, 64 * KIB + 17);
  random.bytes(300 * KIB).copy(disk, MIB);
  disk.copy(disk, 2 * MIB, MIB, MIB + 128 * KIB);
  random.text(900).copy(disk, size - 950);
  return disk;
}

async function writeDisk(
  path: string,
  disk: Buffer,
  options: CreateOptions = {},
  step = 100 * KIB,
): Promise<WriteSummary> {
  const writer = await createArchive(path, options);
  const stream = writer.disk('vda', disk.length);
  for (let at = 0; at < disk.length; at += step) {
    const piece = Buffer.from(disk.subarray(at, at + step));
    if (piece.every((byte) => byte === 0)) continue;
    await stream.writeAt(at, piece);
    // The buffer is ours again.
    piece.fill(0xee);
  }
  await stream.end();
  return writer.finish();
}

async function readAll(archive: ArchiveReader, name: string): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of archive.readable(name)) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

test.each<[string, CreateOptions]>([
  ['by default', {}],
  ['in blocks of 4 KiB', { blockSize: 4 * KIB, dictionary: 'off' }],
  ['in blocks of 1 MiB', { blockSize: MIB }],
  ['with a dictionary', { dictionary: 'on', blockSize: 4 * KIB }],
  ['encrypted', { encryption: { passphrase: 'correct horse' } }],
])('a disk comes back as it was, %s', async (title, options) => {
  const path = scratch(`disk ${title}`);
  const random = new Random(1);
  const disk = makeDisk(random, 3 * MIB + 1000, 960 * KIB);
  const summary = await writeDisk(path, disk, options);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(statSync(path).size).toBe(summary.bytes);
  expect(summary.bytes).toBeLessThan(1200 * KIB);
  // In blocks of 64 KiB it hardly ever pays.
  expect(summary.dictionary).toBe(options.dictionary === 'on');

  const archive = await openArchive(path, options.encryption ? { secret: options.encryption } : {});
  expect(archive.info.uuid).toBe(summary.uuid);
  expect(archive.stream('disk/vda')).toMatchObject({ kind: 'disk', size: disk.length });
  expect((await readAll(archive, 'disk/vda')).equals(disk)).toBe(true);
  for (let round = 0; round < 50; round++) {
    const offset = random.below(disk.length);
    const length = random.below(200 * KIB);
    const read = await archive.read('disk/vda', offset, length);
    expect(read.equals(disk.subarray(offset, offset + length))).toBe(true);
  }
  const { zero, shared, raw, compressed } = archive.stream('disk/vda').blocks;
  expect(zero + shared + raw + compressed).toBe(Math.ceil(disk.length / archive.info.blockSize));
  expect(shared).toBeGreaterThanOrEqual(archive.info.blockSize === MIB ? 0 : 1);
  await archive.close();
  await expect(archive.read('disk/vda', 0, 1)).rejects.toThrow('has been closed');
});

test('runs of zeroes are known without being read', async () => {
  const size = 300 * 1024 * MIB;
  const writer = await createArchive(scratch('sparse'));
  const disk = writer.disk('vda', size);
  await disk.writeAt(5 * MIB, Buffer.alloc(MIB, 1));
  await disk.writeAt(size - 10, Buffer.alloc(10, 2));
  await disk.end();
  const { bytes, streams } = await writer.finish();
  expect(bytes).toBeLessThan(200 * KIB);
  expect(streams[0]?.blocks.zero).toBe(size / (64 * KIB) - 17);
  const archive = await openArchive(scratch('sparse'));
  const extents = [];
  for await (const extent of archive.extents('disk/vda')) extents.push(extent);
  expect(extents).toEqual([
    { offset: 0, length: 5 * MIB, zero: true },
    { offset: 5 * MIB, length: MIB, zero: false },
    { offset: 6 * MIB, length: size - 6 * MIB - 64 * KIB, zero: true },
    { offset: size - 64 * KIB, length: 64 * KIB, zero: false },
  ]);
  expect(await archive.read('disk/vda', size - 12, 100)).toEqual(Buffer.from([0, 0, ...Buffer.alloc(10, 2)]));
  await archive.close();
});

test('several streams are written at the same time, and nothing has the name until all is there', async () => {
  const path = scratch('several');
  const random = new Random(2);
  const disks = [makeDisk(random), makeDisk(random, 2 * MIB + 70 * KIB), makeDisk(random)];
  const writer = await createArchive(path, { comment: 'before the upgrade' });
  await writer.document('domain.json', '{"name":"ünï"}');
  const nvram = writer.bytes('nvram');
  await Promise.all([
    ...disks.map(async (bytes, index) => {
      const stream = writer.disk(`vd${index}`, bytes.length);
      for (let at = 0; at < bytes.length; at += 7777) await stream.writeAt(at, bytes.subarray(at, at + 7777));
      await stream.end();
    }),
    (async () => {
      for (let index = 0; index < 100; index++) await nvram.append(Buffer.alloc(1000, index));
      await nvram.end();
    })(),
  ]);
  expect(existsSync(path)).toBe(false);
  expect(writer.progress.plain).toBe(disks.reduce((sum, { length }) => sum + length, 100_000 + 16));
  await writer.finish();
  expect(readdirSync(dirname(path)).filter((name) => name.includes('.part'))).toEqual([]);

  const archive = await openArchive(path);
  expect(archive.info.comment).toBe('before the upgrade');
  expect(archive.info.streams.map(({ name, kind, size }) => [name, kind, size])).toEqual([
    ['domain.json', 'document', 16],
    ['nvram', 'bytes', 100_000],
    ['disk/vd0', 'disk', disks[0]?.length],
    ['disk/vd1', 'disk', disks[1]?.length],
    ['disk/vd2', 'disk', disks[2]?.length],
  ]);
  expect(await archive.document('domain.json')).toBe('{"name":"ünï"}');
  expect((await archive.read('nvram', 99_000, 5000)).equals(Buffer.alloc(1000, 99))).toBe(true);
  const read = await Promise.all(disks.map((_, index) => readAll(archive, `disk/vd${index}`)));
  expect(read.map((bytes, index) => bytes.equals(disks[index] as Buffer))).toEqual([true, true, true]);
  await archive.close();
});

test('what is given up leaves nothing', async () => {
  const path = scratch('given-up');
  const abort = new AbortController();
  const writer = await createArchive(path, { signal: abort.signal });
  const disk = writer.disk('vda', 64 * MIB);
  await disk.writeAt(0, new Random(3).bytes(MIB));
  abort.abort(new Error('interrupted by the test'));
  await expect(disk.writeAt(MIB, Buffer.alloc(MIB, 5))).rejects.toThrow('interrupted by the test');
  await expect(writer.finish()).rejects.toThrow("stream 'disk/vda' has not ended");
  await writer.abort();
  await writer.abort();
  expect(readdirSync(dirname(path)).filter((name) => name.includes('given-up'))).toEqual([]);
});

test('a file that is there is never replaced', async () => {
  const path = scratch('there');
  writeFileSync(path, 'precious');
  await expect(createArchive(path)).rejects.toMatchObject({ code: 'EEXIST' });

  const late = scratch('late');
  const writer = await createArchive(late);
  await writer.document('domain.json', '{}');
  writeFileSync(late, 'precious');
  await expect(writer.finish()).rejects.toMatchObject({ code: 'EEXIST' });
  await writer.abort();
  expect(readFileSync(path, 'utf8') + readFileSync(late, 'utf8')).toBe('preciousprecious');
  expect(readdirSync(dirname(path)).filter((name) => name.includes('.part'))).toEqual([]);
});

test('mistakes in use are told', async () => {
  const writer = await createArchive(scratch('mistakes'));
  expect(() => writer.disk('../../etc/passwd', 1)).toThrow(
    "a stream cannot be called 'disk/../../etc/passwd'",
  );
  expect(() => writer.disk('.hidden', 1)).toThrow('cannot be called');
  expect(() => writer.bytes('memory')).toThrow('cannot be called');
  const disk = writer.disk('vda', 100);
  expect(() => writer.disk('vda', 100)).toThrow("there is a stream 'disk/vda' already");
  await disk.writeAt(10, Buffer.alloc(10));
  await expect(disk.writeAt(15, Buffer.alloc(10))).rejects.toThrow('not written in ascending order');
  await expect(disk.writeAt(95, Buffer.alloc(10))).rejects.toThrow('written beyond its end');
  const [, second] = await Promise.allSettled([
    disk.writeAt(20, Buffer.alloc(1)),
    disk.writeAt(21, Buffer.alloc(1)),
  ]);
  expect(second).toMatchObject({ status: 'rejected', reason: { problem: 'misuse' } });
  await disk.end();
  await expect(disk.end()).rejects.toThrow("stream 'disk/vda' has ended");
  await writer.abort();
  await expect(createArchive(scratch('mistakes'), { blockSize: 5000 })).rejects.toThrow('no power of two');
  await expect(createArchive('/nonexistent/folder/file')).rejects.toMatchObject({ code: 'ENOENT' });
});
