import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { MigrationParser } from '../../src/archive/migration-parser.js';
import { QmpClient } from '../../src/qmp/index.js';
import { memoryMethods } from '../support/memory-methods.js';
import { memoryStream, type StreamMethod } from '../support/memory-stream.js';
import { BareGuest, bothQemuPrograms } from '../support/qemu.js';

jest.setTimeout(240_000);

const MEMORY = 96;
const BYTES = MEMORY * 2 ** 20;
const PAGE = 4096;
/** Where a PC shows its display and its firmware in place of memory. */
const [HOLE, HOLE_END] = [0xa0000, 0x100000];
/** Of pre-copy before QEMU 9.0, each third to fourth was whole. */
const ROUNDS = 5;

/**
 * What snapctl takes for granted of QEMU: memory that was sent while the guest ran is, byte for byte, that of one instant, by
 * each method that it uses on that version.
 */
describe.each(bothQemuPrograms)('the memory that %s sends of a busy guest', (_, find) => {
  let guest: BareGuest;
  let client: QmpClient;

  afterEach(async () => {
    await client?.disconnect();
    await guest?.dispose();
  });

  /** Physical memory of a guest that stands still. */
  async function dump(): Promise<Buffer> {
    const filename = join(guest.folder, 'physical');
    await client.execute('pmemsave', { val: 0, size: BYTES, filename });
    const bytes = readFileSync(filename);
    rmSync(filename);
    return bytes;
  }

  /** @returns addresses of pages that differ */
  async function differences(method: StreamMethod): Promise<number[]> {
    const sent = Buffer.alloc(BYTES);
    let inRam = false;
    let at = 0;
    const parser = new MigrationParser({
      other: () => undefined,
      ramBlock(name) {
        inRam = name.toString() === 'pc.ram';
      },
      page(address) {
        at = address;
      },
      pageBytes(bytes, start, end) {
        if (inRam) at += bytes.copy(sent, at, start, end);
      },
      zeroPage(address) {
        if (inRam) sent.fill(0, address, address + PAGE);
      },
    });
    let real: Buffer | undefined;
    if (method === 'background') {
      await client.execute('stop');
      real = await dump();
    }
    await memoryStream(
      guest,
      client,
      method,
      (chunk) => parser.push(chunk),
      async () => {
        real ??= await dump();
      },
    );
    expect(parser.pages).toBeGreaterThan(1000);
    const differing: number[] = [];
    for (let page = 0; page < BYTES; page += PAGE) {
      if (page >= HOLE && page < HOLE_END) continue;
      if (real?.compare(sent, page, page + PAGE, page, page + PAGE) !== 0) differing.push(page);
    }
    return differing;
  }

  test('is of one instant', async () => {
    const program = await find();
    guest = await BareGuest.start({ program, memory: MEMORY, disks: 2, dirty: 24, atom: true });
    client = await QmpClient.connect(guest.monitor);
    await guest.serial.waitFor(/^atom \d+$/);
    const methods = memoryMethods(program).filter((method) => method !== 'stopped');
    expect(methods).toContain('background');
    for (let round = 0; round < ROUNDS; round++) {
      for (const method of methods) expect([method, await differences(method)]).toEqual([method, []]);
    }
  });
});
