#!/usr/bin/env node
// Measures the archive's code on a memory stream or any other file: archive-codec.mjs FILE [--json]
// Rates are of plain bytes. lz4's own figures are of the same file, in the same run.
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createArchive, openArchive, verifyArchive } from '../dist/archive.js';
import { median } from './pauses/report.mjs';

const { compress, uncompress } = createRequire(import.meta.url)('lz4-napi');
const [file] = process.argv.slice(2).filter((word) => !word.startsWith('-'));
if (!file) {
  console.error('usage: archive-codec.mjs FILE [--json]');
  process.exit(2);
}
const BLOCK = 64 * 1024;
const AT_ONCE = 24;
const ROUNDS = 5;
/** lz4-napi puts a block's length before it; an archive has a chunk's header and an entry of its index for each block. */
const LENGTH_BYTES = 4;
const BLOCK_OVERHEAD = 24 + 28;
const folder = mkdtempSync(join(tmpdir(), 'snapctl-bench-'));
const size = statSync(file).size;
const result = { file, bytes: size };
let peak = 0;
const watch = setInterval(() => {
  peak = Math.max(peak, process.memoryUsage.rss());
}, 20);

try {
  const path = join(folder, 'archive');
  await write(join(folder, 'warm-up'), 'memory');
  result.write = await rate(() => write(path, 'memory'));
  const archive = await openArchive(path);
  result.read = await rate(async () => {
    for await (const _ of archive.chunks('memory'));
  });
  const { blocks } = archive.stream('memory');
  result.peakMemory = peak;
  result.archiveBytes = statSync(path).size;
  result.lz4Bytes = Number(
    execFileSync('sh', ['-c', 'lz4 -q -1 -B4 -c -- "$1" | wc -c', 'sh', file], { encoding: 'utf8' }),
  );
  result.ratio = result.archiveBytes / result.lz4Bytes;
  result.blocks = blocks;

  const compressed = await compressAll();
  // Had every block been stored, equal ones as often as there are, each with its headers and its place in the index.
  const each = compressed.map(({ length }) => Math.min(length - LENGTH_BYTES, BLOCK) + BLOCK_OVERHEAD);
  result.ratioWithoutSharing = each.reduce((sum, bytes) => sum + bytes, 0) / result.lz4Bytes;
  // In turn, so that what else the machine does is the same for both.
  const rates = { verify: [], lz4NapiUncompress: [] };
  for (let round = 0; round < ROUNDS; round++) {
    rates.verify.push(
      await rate(async () => {
        const report = await verifyArchive(archive);
        if (!report.sound) throw new Error('the archive is damaged');
      }),
    );
    rates.lz4NapiUncompress.push(await rate(() => inTurn(compressed, (block) => uncompress(block))));
  }
  await archive.close();
  for (const [name, values] of Object.entries(rates)) result[name] = median(values);
  result.verifyShare = median(rates.verify.map((value, round) => value / rates.lz4NapiUncompress[round]));
} finally {
  clearInterval(watch);
  rmSync(folder, { recursive: true, force: true });
}
if (process.argv.includes('--json')) console.log(JSON.stringify(result));
else
  for (const [name, value] of Object.entries(result)) console.log(`${name.padEnd(22)}`, shown(name, value));

function shown(name, value) {
  if (typeof value !== 'number') return typeof value === 'string' ? value : JSON.stringify(value);
  if (/[bB]ytes|Memory/.test(name)) return `${(value / 2 ** 20).toFixed(1)} MiB`;
  return /atio|Share/.test(name) ? value.toFixed(3) : `${(value / 1e6).toFixed(0)} MB/s`;
}

/** Bytes of the file a second. */
async function rate(work) {
  const begun = performance.now();
  await work();
  return (size / (performance.now() - begun)) * 1000;
}

async function write(path, kind) {
  const writer = await createArchive(path);
  const stream = writer[kind]();
  for (const piece of pieces(1024 * 1024)) await stream.append(piece);
  await stream.end();
  await writer.finish();
}

function* pieces(length) {
  const descriptor = openSync(file);
  const buffer = Buffer.alloc(length);
  try {
    for (;;) {
      const read = readSync(descriptor, buffer);
      if (read === 0) return;
      yield buffer.subarray(0, read);
    }
  } finally {
    closeSync(descriptor);
  }
}

async function compressAll() {
  const blocks = [];
  for (const piece of pieces(BLOCK * AT_ONCE)) {
    const parts = [];
    for (let at = 0; at < piece.length; at += BLOCK)
      parts.push(compress(Buffer.from(piece.subarray(at, at + BLOCK))));
    blocks.push(...(await Promise.all(parts)));
  }
  return blocks;
}

/** Some at once, as the archive does. */
async function inTurn(items, work) {
  let next = 0;
  const lane = async () => {
    while (next < items.length) await work(items[next++]);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}
