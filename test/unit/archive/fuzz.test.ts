import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { beforeAll, expect, test } from '@jest/globals';
import { ArchiveFile } from '../../../src/archive/archive-file.js';
import { CHUNK_HEADER_BYTES, decodeChunkHeader, sealChunk } from '../../../src/archive/format/chunk.js';
import { crc32, crc32InScript } from '../../../src/archive/format/crc32.js';
import { decodeFooter, encodeFooter, FOOTER_BYTES } from '../../../src/archive/format/footer.js';
import { FormatError } from '../../../src/archive/format/format-error.js';
import { decodeHeader, HEADER_BYTES } from '../../../src/archive/format/header.js';
import { decodeIndexRoot } from '../../../src/archive/format/index-root.js';
import { LayoutParser } from '../../../src/archive/format/memory-layout.js';
import { decodePatch } from '../../../src/archive/format/patch.js';
import {
  ArchiveError,
  createArchive,
  extractStream,
  openArchive,
  openDamagedArchive,
  verifyArchive,
} from '../../../src/archive/index.js';
import { MigrationStream, pageOf } from './migration-stream.js';
import { Random } from './random-bytes.js';
import { scratchFolder } from './scratch.js';

const scratch = scratchFolder();
let whole: Buffer;

beforeAll(async () => {
  const path = scratch('whole');
  const writer = await createArchive(path, { comment: 'fuzzed' });
  await writer.document('domain.json', '{"a":1}');
  const disk = writer.disk('vda', 400_000);
  await disk.writeAt(70_000, new Random(1).text(100_000));
  await disk.writeAt(390_000, new Random(2).bytes(500));
  await disk.end();
  const memory = writer.memory();
  const stream = MigrationStream.begin()
    .ramStart({ 'pc.ram': 64 * 4096 })
    .ramPart();
  for (let page = 0; page < 64; page++) stream.page(page * 4096, pageOf(page), page ? undefined : 'pc.ram');
  await memory.append(stream.ramEnd().ramLast().ramEnd().deviceState(Buffer.alloc(3000, 5)).bytes());
  await memory.end();
  await writer.finish();
  whole = readFileSync(path);
});

/** Changes a few bytes, to values that hurt. */
function mutate(bytes: Buffer, random: Random, from = 0, to = bytes.length): void {
  const evil = [0, 1, 0x7f, 0x80, 0xff, 0xfe, 0x22, 0x39];
  for (let changes = 1 + random.below(4); changes > 0; changes--) {
    const at = from + random.below(Math.max(1, to - from));
    const kind = random.below(4);
    if (kind === 0) bytes[at] = random.below(256);
    else if (kind === 1) bytes[at] = evil[random.below(evil.length)] as number;
    else if (kind === 2) bytes.fill(0xff, at, Math.min(to, at + 1 + random.below(8)));
    else bytes[at] = (bytes[at] as number) ^ (1 << random.below(8));
  }
}

/** Only what a decoder says on purpose may be thrown. */
function survives(decode: () => unknown): boolean {
  try {
    decode();
    return true;
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return false;
  }
}

test('10,000 mutated headers and indexes are refused or read, never anything else', () => {
  const random = new Random(100);
  const header = whole.subarray(0, HEADER_BYTES);
  const uuid = Buffer.from(header.subarray(16, 32));
  const footer = decodeFooter(whole.subarray(-FOOTER_BYTES), uuid, whole.length);
  const index = whole.subarray(footer.indexOffset + CHUNK_HEADER_BYTES, -FOOTER_BYTES);
  const outcomes = { read: 0, refused: 0 };
  const before = process.memoryUsage();
  for (let round = 0; round < 10_000; round++) {
    const which = round % 4;
    const bytes = Buffer.from([header, index, whole.subarray(-FOOTER_BYTES), index][which] as Buffer);
    mutate(bytes, random);
    let decode: () => unknown;
    if (which === 0) {
      // Half of them with a checksum that fits, so that what lies behind it is reached.
      if (random.below(2)) bytes.writeUInt32LE(crc32(bytes.subarray(0, HEADER_BYTES - 4)), HEADER_BYTES - 4);
      decode = () =>
        decodeHeader(bytes.subarray(0, random.below(5) ? undefined : random.below(HEADER_BYTES)));
    } else if (which === 2) {
      bytes.writeUInt32LE(crc32(bytes.subarray(0, FOOTER_BYTES - 4)), FOOTER_BYTES - 4);
      decode = () => decodeFooter(bytes, uuid, whole.length);
    } else {
      decode = () => decodeIndexRoot(bytes, 65536, footer.indexOffset);
    }
    outcomes[survives(decode) ? 'read' : 'refused']++;
  }
  expect(outcomes.refused).toBeGreaterThan(5000);
  expect(outcomes.read).toBeGreaterThan(100);
  const after = process.memoryUsage();
  expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(100_000_000);
});

test('mutated layouts, chunk headers and patches are refused or read', () => {
  const random = new Random(101);
  for (let round = 0; round < 3000; round++) {
    const layout = Buffer.concat([
      Buffer.from([12]),
      random.bytes(random.below(200)).map((byte) => byte % 9),
    ]);
    survives(() => {
      const parser = new LayoutParser();
      for (let at = 0; at < layout.length; at += 7) for (const _ of parser.push(layout.subarray(at, at + 7)));
      return parser.complete;
    });
    const chunk = Buffer.from(whole.subarray(HEADER_BYTES, HEADER_BYTES + CHUNK_HEADER_BYTES));
    mutate(chunk, random);
    survives(() => decodeChunkHeader(chunk.subarray(0, random.below(8) ? undefined : random.below(24))));
    survives(() => decodePatch(random.bytes(random.below(40)), 1 + random.below(65536)));
  }
});

/** An archive whose index or leaves are changed, with every checksum and hash made to fit. */
function forge(random: Random): Buffer {
  const bytes = Buffer.from(whole);
  const uuid = bytes.subarray(16, 32);
  const footer = decodeFooter(bytes.subarray(-FOOTER_BYTES), uuid, bytes.length);
  const { indexOffset } = footer;
  const reseal = (offset: number, length: number): void => {
    const header = bytes.subarray(offset, offset + CHUNK_HEADER_BYTES);
    sealChunk(header, bytes.subarray(offset + CHUNK_HEADER_BYTES, offset + CHUNK_HEADER_BYTES + length));
  };
  const indexEnd = bytes.length - FOOTER_BYTES;
  // A block, a leaf, or the index itself.
  const places: { offset: number; length: number; type: number }[] = [];
  for (let at = HEADER_BYTES; at < indexOffset; ) {
    const { length, type } = decodeChunkHeader(bytes.subarray(at));
    places.push({ offset: at, length, type });
    at += CHUNK_HEADER_BYTES + length;
  }
  const targets = places.filter(({ type }) => type === 2 || type === 1);
  const target = targets[random.below(targets.length)] as (typeof targets)[0];
  const start = target.offset + CHUNK_HEADER_BYTES;
  if (random.below(3) > 0) {
    mutate(bytes, random, start, start + Math.min(target.length, 400));
    reseal(target.offset, target.length);
    if (target.type === 2) {
      // The leaf's hash, where the index has it.
      const hash = createHash('sha256')
        .update(whole.subarray(start, start + target.length))
        .digest();
      const at = bytes.indexOf(hash, indexOffset);
      createHash('sha256')
        .update(bytes.subarray(start, start + target.length))
        .digest()
        .copy(bytes, at);
    }
  }
  if (random.below(2)) mutate(bytes, random, indexOffset + CHUNK_HEADER_BYTES + 4, indexEnd);
  reseal(indexOffset, footer.indexLength);
  const index = bytes.subarray(indexOffset + CHUNK_HEADER_BYTES, indexEnd);
  encodeFooter({ ...footer, indexHash: createHash('sha256').update(index).digest() }).copy(bytes, indexEnd);
  return bytes;
}

test('archives with forged checksums are opened, verified and salvaged without harm', async () => {
  const random = new Random(102);
  const path = scratch('forged');
  let damaged = 0;
  for (let round = 0; round < 150; round++) {
    writeFileSync(path, forge(random));
    try {
      const archive = await openArchive(path);
      const report = await verifyArchive(archive);
      if (!report.sound) damaged++;
      for (const { name, size } of archive.info.streams) {
        if (size > 10_000_000) continue;
        const read = await archive.read(name, 0, size).catch(expectArchiveError);
        // What verify finds sound can be read.
        if (report.sound) expect(read?.length).toBe(size);
      }
      await archive.close();
    } catch (error) {
      expectArchiveError(error);
      damaged++;
    }
    if (round % 5 > 0) continue;
    try {
      const { archive } = await openDamagedArchive(path);
      for (const { name, size } of archive.info.streams) {
        if (size < 10_000_000) {
          await extractStream(archive, name, scratch(`out-${round}-${name.replace('/', '-')}`), {
            salvage: true,
          });
        }
      }
      await archive.close();
    } catch (error) {
      expectArchiveError(error);
    }
  }
  expect(damaged).toBeGreaterThan(50);
});

function expectArchiveError(error: unknown): undefined {
  if (!(error instanceof ArchiveError)) throw error;
  return undefined;
}

test('nothing is allocated from a length that the file cannot have', async () => {
  const path = scratch('long');
  const bytes = Buffer.from(whole);
  const uuid = bytes.subarray(16, 32);
  const footer = decodeFooter(bytes.subarray(-FOOTER_BYTES), uuid, bytes.length);
  // An index that claims nearly all of what a length can say.
  encodeFooter({ ...footer, indexLength: 0xfffffff0, indexOffset: 128 }).copy(
    bytes,
    bytes.length - FOOTER_BYTES,
  );
  writeFileSync(path, bytes);
  await expect(openArchive(path)).rejects.toThrow('its footer points at no index');
  const file = await ArchiveFile.open(path, undefined);
  await expect(file.read(100, 2 ** 40)).rejects.toMatchObject({ problem: 'truncated' });
  await file.close();
});

test('checksums are the same with and without zlib', () => {
  const random = new Random(103);
  expect(crc32InScript(Buffer.from('123456789'))).toBe(0xcbf43926);
  for (const length of [0, 1, 7, 8, 9, 1000, 65536]) {
    const bytes = random.bytes(length);
    expect(crc32InScript(bytes, 12345)).toBe(crc32(bytes, 12345));
  }
});
