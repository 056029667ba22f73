import { expect, test } from '@jest/globals';
import { type ArchiveReader, createArchive, openArchive, verifyArchive } from '../../../src/archive/index.js';
import { MemoryEncoder } from '../../../src/archive/memory-encoder.js';
import { MigrationStream, pageOf } from './migration-stream.js';
import { Random } from './random-bytes.js';
import { scratchFolder } from './scratch.js';

const scratch = scratchFolder();
const PAGE = 4096;
let files = 0;

/** Archives a stream in pieces of random lengths. */
async function archived(
  stream: Buffer,
  random: Random,
  { maxPiece = 100_000, base }: { maxPiece?: number; base?: ArchiveReader } = {},
): Promise<ArchiveReader> {
  const path = scratch(`memory${files++}`);
  const writer = await createArchive(path, base ? { base } : {});
  const memory = writer.memory();
  for (let at = 0; at < stream.length; ) {
    const piece = Buffer.from(stream.subarray(at, at + 1 + random.below(maxPiece)));
    at += piece.length;
    await memory.append(piece);
    piece.fill(0xdd);
  }
  await memory.end();
  await writer.finish();
  return openArchive(path, base ? { bases: [base.info.path] } : {});
}

async function readAll(archive: ArchiveReader): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of archive.chunks('memory')) parts.push(part);
  return Buffer.concat(parts);
}

async function expectSame(archive: ArchiveReader, stream: Buffer, random: Random): Promise<void> {
  expect(archive.stream('memory').size).toBe(stream.length);
  const read = await readAll(archive);
  expect(read.length).toBe(stream.length);
  expect(read.equals(stream)).toBe(true);
  for (let round = 0; round < 20; round++) {
    const offset = random.below(stream.length + 1);
    const length = random.below(round % 2 ? 30 : 50_000);
    const part = await archive.read('memory', offset, length);
    expect(part.equals(stream.subarray(offset, offset + length))).toBe(true);
  }
  expect(await verifyArchive(archive)).toMatchObject({ sound: true, damages: [] });
}

/** A guest of 4 MiB in two RAM blocks: each page is random, text, or zero, and some are sent twice. */
function guestStream(seed: number, passes = 2): Buffer {
  const random = new Random(seed);
  const stream = MigrationStream.begin()
    .configuration('configuration/capabilities', Buffer.from([0, 0, 0, 1, 3, 0x61, 0x62, 0x63]))
    .command(2, Buffer.alloc(12, 1))
    .ramStart({ 'pc.ram': 1000 * PAGE, 'vga.vram': 24 * PAGE });
  for (let pass = 0; pass < passes; pass++) {
    stream.ramPart();
    for (const [block, pages] of [
      ['pc.ram', 1000],
      ['vga.vram', 24],
    ] as const) {
      let first = true;
      for (let page = 0; page < pages; page++) {
        if (pass > 0 && random.below(10) > 0) continue;
        const name = first || random.below(100) === 0 ? block : undefined;
        first = false;
        const kind = random.below(5);
        if (kind === 0) stream.zeroPage(page * PAGE, name, random.below(50) === 0 ? 7 : 0);
        else if (kind === 1) stream.page(page * PAGE, random.bytes(PAGE), name);
        else if (kind === 2) stream.page(page * PAGE, Buffer.alloc(PAGE), name);
        else stream.page(page * PAGE, pageOf(page), name);
      }
    }
    stream.ramEnd();
  }
  return stream.ramLast().ramEnd().deviceState(random.bytes(30_000)).bytes();
}

test('a stream of two passes comes back byte for byte, and its pages are found in it', async () => {
  const random = new Random(7);
  const stream = guestStream(1);
  const archive = await archived(stream, random);
  await expectSame(archive, stream, random);
  const { compressed, raw, shared } = archive.stream('memory').blocks;
  expect(compressed + raw + shared).toBeGreaterThan(64);
  await archive.close();
});

test('a stream that comes byte by byte gives the same', async () => {
  const random = new Random(8);
  const stream = guestStream(2).subarray(0, 60_000);
  await expectSame(await archived(stream, random, { maxPiece: 3 }), stream, random);
});

test.each([
  ['nothing', Buffer.alloc(0)],
  ['no migration stream', Buffer.from('this is no migration stream, but it is kept')],
  ['the magic alone', Buffer.from('QEVM')],
  ['another version', Buffer.concat([Buffer.from('QEVM\0\0\0\x02'), guestStream(3).subarray(8)])],
  [
    'pages of another size',
    MigrationStream.begin()
      .configuration('configuration/target-page-bits', Buffer.from([0, 0, 0, 16]))
      .ramStart({ 'pc.ram': 65536 })
      .bytes(),
  ],
  [
    'an unknown part of the configuration',
    MigrationStream.begin()
      .configuration('configuration/new', Buffer.alloc(40))
      .ramStart({ 'pc.ram': 65536 })
      .bytes(),
  ],
  [
    'a flag that is not known',
    MigrationStream.begin()
      .ramStart({ 'pc.ram': 8 * PAGE })
      .ramPart()
      .raw(Buffer.from([0, 0, 0, 0, 0, 0, 2, 0]))
      .page(0, pageOf(1), 'pc.ram')
      .ramEnd()
      .bytes(),
  ],
  [
    'another iterated section',
    MigrationStream.begin()
      .raw(Buffer.from([1, 0, 0, 0, 1, 12]), Buffer.from('dirty-bitmap'), Buffer.alloc(100))
      .bytes(),
  ],
  [
    'an address beyond all memory',
    MigrationStream.begin()
      .ramStart({ 'pc.ram': 8 * PAGE })
      .ramPart()
      .raw(Buffer.from('ffffffffffff0028', 'hex'), Buffer.alloc(PAGE, 3))
      .ramEnd()
      .bytes(),
  ],
])('%s comes back as it was', async (_, stream) => {
  const random = new Random(9);
  await expectSame(await archived(stream, random), stream, random);
});

test('streams that were cut or changed anywhere come back as they are', async () => {
  const random = new Random(10);
  const whole = guestStream(4, 1);
  for (let round = 0; round < 200; round++) {
    const from = random.below(4);
    // Most damage near the beginning, where all headers are.
    const stream = Buffer.from(whole.subarray(0, from === 0 ? random.below(whole.length) : 20_000));
    for (let flips = random.below(6); flips > 0; flips--) {
      stream[random.below(from === 1 ? Math.min(300, stream.length) : stream.length)] = random.below(256);
    }
    expect(reassembled(stream, random).equals(stream)).toBe(true);
  }
});

/** What a layout and groups of pages come to, by a plain reading of docs/archive-format.md. */
function reassembled(stream: Buffer, random: Random): Buffer {
  const groups: Buffer[] = [];
  const encoder = new MemoryEncoder(65536, {
    takeBuffer: () => Buffer.alloc(65536, 0xaa),
    begin: () => undefined,
    group: (buffer, { index }) => {
      groups[index] = Buffer.from(buffer);
    },
  });
  const layout: Buffer[] = [];
  for (let at = 0; at < stream.length; ) {
    const piece = stream.subarray(at, at + 1 + random.below(9000));
    encoder.push(piece);
    layout.push(Buffer.from(encoder.takeLayout()));
    at += piece.length;
  }
  encoder.end();
  layout.push(Buffer.from(encoder.takeLayout()));
  const bytes = Buffer.concat(layout);
  const out: Buffer[] = [];
  let [at, page, group] = [1, 0, -1];
  const number = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++] as number;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  const header = (flags: number): Buffer => {
    const made = Buffer.alloc(8);
    made.writeBigUInt64BE(BigInt(page) * 4096n + BigInt(flags));
    return made;
  };
  const body = (): Buffer => (groups[group] as Buffer).subarray((page % 16) * PAGE, ((page % 16) + 1) * PAGE);
  while (at < bytes.length) {
    const op = bytes[at++];
    if (op === 0) {
      const length = number();
      out.push(bytes.subarray(at, at + length));
      at += length;
    } else if (op === 1) {
      for (let left = number(); left > 0; left--, page++) out.push(header(0x28), body());
    } else if (op === 2) {
      for (let left = number(); left > 0; left--, page++) out.push(header(0x22), Buffer.alloc(1));
    } else if (op === 3) page = number();
    else if (op === 4) {
      out.push(body());
      page++;
    } else if (op === 5) group = number();
    else {
      const length = number();
      at += length;
    }
  }
  return Buffer.concat(out);
}

test('pages that moved within the stream are found in the base, and a changed page costs a page', async () => {
  const random = new Random(11);
  const pages = Array.from({ length: 1024 }, () => random.bytes(PAGE));
  const send = (skip: number): Buffer => {
    const stream = MigrationStream.begin()
      .ramStart({ 'pc.ram': 1024 * PAGE })
      .ramPart();
    pages.forEach((page, index) => {
      if (index % skip === 0) stream.zeroPage(index * PAGE, index === 0 ? 'pc.ram' : undefined);
      else stream.page(index * PAGE, page);
    });
    return stream.ramEnd().ramLast().ramEnd().deviceState(random.bytes(5000)).bytes();
  };
  const first = send(64);
  const base = await archived(first, random);
  // Other pages are zero now, so that nothing is where it was; and three pages have changed.
  for (const index of [100, 500, 501]) pages[index] = random.bytes(PAGE);
  const second = send(128);
  const thin = await archived(second, random, { base });
  await expectSame(thin, second, random);
  expect(thin.info.bytes).toBeLessThan(120_000);
  expect(base.info.bytes).toBeGreaterThan(4_000_000);
  const { blocks } = thin.stream('memory');
  expect(blocks.patch).toBe(10);
  expect(blocks.base).toBe(54);
  await thin.close();
  // A base's base is found beside it.
  await base.close();
});
