import { createReadStream, readFileSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { MigrationParser } from '../../src/archive/migration-parser.js';
import { VIR_DOMAIN_SNAPSHOT_CREATE_LIVE } from '../../src/hypervisor/constants.js';
import { QmpClient } from '../../src/qmp/index.js';
import { connectGuest } from '../../src/snapshot/connect-guest.js';
import { type Method, methods } from '../../src/snapshot/method.js';
import { take } from '../drills/engine.js';
import { BareGuest, bothQemuPrograms } from '../support/qemu.js';

jest.setTimeout(240_000);

const MEMORY = 128;
const BYTES = MEMORY * 2 ** 20;
const PAGE = 4096;
/** Where a PC shows its display and its firmware in place of memory. */
const [HOLE, HOLE_END] = [0xa0000, 0x100000];
/** Of images that QEMU before 9.0 sends of an emulated guest by pre-copy of many passes, every third to fourth is whole. */
const ROUNDS = 3;

/** The memory that an image of QEMU's holds. */
async function readImage(file: string): Promise<Buffer> {
  const memory = Buffer.alloc(BYTES);
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
      if (inRam) at += bytes.copy(memory, at, start, end);
    },
    zeroPage(address) {
      if (inRam) memory.fill(0, address, address + PAGE);
    },
  });
  for await (const chunk of createReadStream(file)) parser.push(chunk as Buffer);
  expect(parser.pages).toBeGreaterThan(1000);
  return memory;
}

describe.each(bothQemuPrograms)('the memory of a busy guest on %s', (_, find) => {
  let guest: BareGuest;
  let observer: QmpClient;
  let proxy: Server | undefined;

  afterEach(async () => {
    proxy?.close();
    await observer?.disconnect();
    await guest?.dispose();
    delete process.env.SNAPCTL_STATE_DIR;
  });

  /** Physical memory of the guest, which is stopped. */
  async function dump(): Promise<Buffer> {
    await observer.execute('stop');
    const filename = join(guest.folder, 'physical');
    await observer.execute('pmemsave', { val: 0, size: BYTES, filename });
    const bytes = readFileSync(filename);
    rmSync(filename);
    return bytes;
  }

  /** Between snapctl and the guest's monitor: memory is looked at when the disks are about to be switched. */
  async function listen(path: string, looked: (memory: Buffer) => void): Promise<void> {
    proxy = createServer((client) => {
      const monitor = connect(guest.monitor);
      let order = Promise.resolve();
      client.on('data', (chunk) => {
        order = order.then(async () => {
          if (chunk.includes('"transaction"')) looked(await dump());
          monitor.write(chunk);
        });
      });
      monitor.pipe(client);
      for (const [one, other] of [[client, monitor] as const, [monitor, client] as const])
        one.on('error', () => undefined).on('close', () => other.destroy());
    }).listen(path);
    await new Promise((listening) => proxy?.once('listening', listening as () => void));
  }

  test('is saved as it was when its disks were switched, byte for byte, by each method', async () => {
    guest = await BareGuest.start({
      ...{ program: await find(), memory: MEMORY, disks: 2, dirty: 24, atom: true, observer: true },
      // Two processors talk at once: not each line comes out whole.
      ...{ args: ['-smp', '2'], unready: true },
    });
    process.env.SNAPCTL_STATE_DIR = join(guest.folder, 'state');
    observer = await QmpClient.connect(join(guest.folder, 'observer'));
    await guest.serial.waitFor(/^atom \d+$/);
    const real: Buffer[] = [];
    await listen(join(guest.folder, 'proxy'), (memory) => real.push(memory));
    for (let round = 0; round < ROUNDS; round++)
      for (const method of methods)
        expect([method, await differences(method, `${method}${round}`)]).toEqual([method, []]);

    /** @returns addresses of pages that differ */
    async function differences(method: Method, name: string): Promise<number[]> {
      real.length = 0;
      const file = join(guest.folder, `${name}.mem`);
      const xml = `<domainsnapshot><name>${name}</name><memory snapshot='external' file='${file}'/></domainsnapshot>`;
      const connected = await connectGuest(join(guest.folder, 'proxy'));
      try {
        await take(connected, xml, VIR_DOMAIN_SNAPSHOT_CREATE_LIVE, method);
      } finally {
        await connected.qmp.disconnect();
      }
      const saved = await readImage(file);
      rmSync(file);
      expect(real).toHaveLength(1);
      const differing: number[] = [];
      for (let page = 0; page < BYTES; page += PAGE) {
        if (page >= HOLE && page < HOLE_END) continue;
        if (real[0]?.compare(saved, page, page + PAGE, page, page + PAGE) !== 0) differing.push(page);
      }
      await guest.serial.waitFor(/^atom \d+$/, { from: guest.serial.end() });
      return differing;
    }
  });
});
