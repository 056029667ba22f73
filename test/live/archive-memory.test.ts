import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ArchiveReader, createArchive, openArchive, verifyArchive } from '../../src/archive/index.js';
import { QmpClient } from '../../src/qmp/index.js';
import { longForm } from '../support/long-form.js';
import { memoryStream, type StreamMethod } from '../support/memory-stream.js';
import { BareGuest, bothQemuPrograms, qemuPrograms } from '../support/qemu.js';

/** What an idle guest changes in a while, of what its memory takes. */
const THIN_SHARE = 0.15;

describe.each(longForm ? bothQemuPrograms : qemuPrograms)('memory of a guest on %s', (_, find) => {
  let guest: BareGuest;
  let client: QmpClient;

  beforeAll(async () => {
    guest = await BareGuest.start({ program: await find() });
    client = await QmpClient.connect(guest.monitor);
  }, 400_000);

  afterAll(async () => {
    await client?.disconnect();
    await guest?.dispose();
  });

  interface Archived {
    readonly archive: ArchiveReader;
    readonly length: number;
    readonly hash: string;
  }

  /** From QEMU's socket into an archive, as it comes. */
  async function archived(name: string, method: StreamMethod, base?: ArchiveReader): Promise<Archived> {
    const path = join(guest.folder, name);
    const writer = await createArchive(path, base ? { base } : {});
    const memory = writer.memory();
    const hash = createHash('sha256');
    let length = 0;
    await memoryStream(guest, client, method, async (chunk) => {
      hash.update(chunk);
      length += chunk.length;
      await memory.append(chunk);
    });
    await memory.end();
    await writer.finish();
    const archive = await openArchive(path, base ? { bases: [base.info.path] } : {});
    return { archive, length, hash: hash.digest('hex') };
  }

  async function expectWhole({ archive, length, hash }: Archived): Promise<void> {
    expect(archive.stream('memory').size).toBe(length);
    const read = createHash('sha256');
    for await (const chunk of archive.chunks('memory')) read.update(chunk);
    expect(read.digest('hex')).toBe(hash);
    expect(await verifyArchive(archive)).toMatchObject({ sound: true });
  }

  test('comes back byte for byte, takes little when it is idle, and its pages are found', async () => {
    const base = await archived('base', 'background');
    await expectWhole(base);
    const { blocks } = base.archive.stream('memory');
    // Had the stream not been understood, hardly any of it would be whole pages at their places.
    expect(await groupsOf(base.archive)).toBeGreaterThan(base.length / 65536 / 2);
    expect(blocks.raw + blocks.compressed).toBeGreaterThan(200);

    await guest.nextCounter();
    const thin = await archived('thin', 'background', base.archive);
    await expectWhole(thin);
    expect(thin.archive.info.bytes).toBeLessThan(THIN_SHARE * base.archive.info.bytes);

    // Before the guest is stopped, some pages are sent several times.
    const precopy = await archived('precopy', 'precopy', base.archive);
    await expectWhole(precopy);
    expect(precopy.archive.info.bytes).toBeLessThan(2 * THIN_SHARE * base.archive.info.bytes);
    for (const { archive } of [precopy, thin, base]) {
      await archive.close();
      rmSync(archive.info.path);
    }
  }, 400_000);
});

/** How many groups of pages the layout of an archive's memory tells of. */
async function groupsOf(archive: ArchiveReader): Promise<number> {
  const { OpenArchive } = await import('../../src/archive/reader.js');
  let groups = 0;
  if (archive instanceof OpenArchive) for await (const _ of archive.memory?.groups() ?? []) groups++;
  return groups;
}
