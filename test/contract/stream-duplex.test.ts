import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { VIR_STREAM_NONBLOCK } from '../../src/libvirt/constants.js';
import { ConnectionLostError } from '../../src/libvirt/error.js';
import { LanePool } from '../../src/libvirt/lane-pool.js';
import type { Session } from '../../src/libvirt/session.js';
import { StreamDuplex } from '../../src/libvirt/stream-duplex.js';
import { STREAM_WINDOW } from '../../src/libvirt/stream-news.js';
import { runProgram } from '../support/program.js';
import { daemonInstalled, PrivateDaemon } from './private-daemon.js';

(daemonInstalled ? describe : describe.skip)('a non-blocking stream', () => {
  const daemon = new PrivateDaemon();
  const folder = mkdtempSync(join(tmpdir(), 'snapctl-stream-'));
  const data = randomBytes(6 * STREAM_WINDOW);
  const volume = join(folder, 'volume');
  let lanes: LanePool;
  let session: Session;

  beforeAll(async () => {
    await daemon.start();
    chmodSync(folder, 0o777);
    mkdirSync(join(folder, 'pool'));
    writeFileSync(volume, data);
    chmodSync(volume, 0o666);
    const uri = daemon.driverUri('storage');
    const made = await runProgram(uri, ['pool-create-as', 'p', 'dir', '--target', folder]);
    expect(made.stderr).toBe('');
    lanes = new LanePool({ uri });
    session = await lanes.lease();
  });
  afterAll(async () => {
    await lanes?.closeAll();
    await daemon.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function download(): Promise<StreamDuplex> {
    const stream = await session.connection.streamNew(VIR_STREAM_NONBLOCK);
    const found = await session.connection.storageVolLookupByPath(volume);
    await found.download(stream, 0n, 0n);
    return StreamDuplex.over(stream, { uri: 'its URI' });
  }

  test('nobody reads: it stops at the window; then all comes, and the end', async () => {
    const duplex = await download();
    const first = (await once(duplex, 'readable').then(() => duplex.read(1))) as Buffer;
    await delay(500);
    // The byte that was read is out of the window.
    expect(duplex.readableLength).toBeGreaterThan(STREAM_WINDOW - 64 * 1024);
    expect(duplex.readableLength).toBeLessThanOrEqual(STREAM_WINDOW * 2);
    const kept = duplex.readableLength;
    await delay(300);
    expect(duplex.readableLength).toBe(kept);
    const chunks = [first];
    for await (const chunk of duplex) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).equals(data)).toBe(true);
  });

  test('left in the middle, the connection is as good as before', async () => {
    const duplex = await download();
    await once(duplex, 'data');
    const closed = once(duplex, 'close');
    duplex.destroy();
    await closed;
    expect(await session.connection.isAlive()).toBe(true);
    expect((await (await download()).setEncoding('latin1').toArray()).join('').length).toBe(data.length);
  });

  test('the daemon dies: an error that says so', async () => {
    const duplex = await download();
    await once(duplex, 'readable');
    const failed = once(duplex, 'error');
    await daemon.kill();
    const [error] = await failed;
    expect(error).toBeInstanceOf(ConnectionLostError);
    expect((error as Error).message).toBe('Disconnected from its URI due to end of file');
  });
});
