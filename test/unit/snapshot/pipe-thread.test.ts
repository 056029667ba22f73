import { createHash, randomBytes } from 'node:crypto';
import { closeSync, mkdtempSync, rmSync, write, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { openPipe } from '../../../src/qmp/pipe.js';
import type { MemoryChunk } from '../../../src/snapshot/memory-input.js';
import { PipeThread } from '../../../src/snapshot/pipe-thread.js';

const MIB = 2 ** 20;

let writeEnd: number;
let input: PipeThread;

beforeEach(async () => {
  const pipe = await openPipe(MIB);
  ({ writeEnd } = pipe);
  input = new PipeThread(pipe.readEnd);
});

afterEach(async () => {
  endMemory();
  await input.read((chunk) => chunk.release()).catch(() => undefined);
});

function endMemory(): void {
  if (writeEnd >= 0) closeSync(writeEnd);
  writeEnd = -1;
}

/** On threads of libuv's pool: a pipe that is full makes its writer wait. */
async function send(bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length; at += MIB)
    await promisify(write)(writeEnd, bytes.subarray(at, at + MIB), 0, Math.min(MIB, bytes.length - at), null);
}

test('hands on every byte, in order, to a taker who is slower', async () => {
  const hash = createHash('sha256');
  const held: MemoryChunk[] = [];
  let [most, holding, bytes] = [0, 0, 0];
  const reading = input.read((chunk) => {
    bytes += chunk.bytes.length;
    holding += chunk.bytes.length;
    held.push(chunk);
    most = Math.max(most, holding);
  });
  const taking = (async () => {
    for (let rounds = 0; bytes < 200 * MIB || held.length > 0; rounds++) {
      for (const chunk of held.splice(0, 25)) {
        hash.update(chunk.bytes);
        holding -= chunk.bytes.length;
        chunk.release();
      }
      // Away for longer than it takes to fill what can be held.
      await delay(rounds === 3 ? 500 : 1);
    }
  })();
  const sent = createHash('sha256');
  const part = randomBytes(10 * MIB);
  for (let count = 0; count < 20; count++) {
    part.writeUInt32LE(count);
    sent.update(part);
    await send(part);
  }
  endMemory();
  await Promise.all([reading, taking]);
  expect(bytes).toBe(200 * MIB);
  expect(hash.digest('hex')).toBe(sent.digest('hex'));
  // It was left to wait.
  expect(most).toBeLessThanOrEqual(64 * MIB);
  expect(most).toBeGreaterThan(40 * MIB);
});

test('tells when memory comes, and keeps it until it is wanted', async () => {
  const begun = jest.fn();
  void input.begun.then(begun);
  await delay(50);
  expect(begun).not.toHaveBeenCalled();
  await send(Buffer.from('memory'));
  expect(await input.begun).toBe(true);
  endMemory();
  let text = '';
  await input.read((chunk) => {
    text += chunk.bytes.toString();
    chunk.release();
  });
  expect(text).toBe('memory');
});

test('tells when none will come', async () => {
  endMemory();
  expect(await input.begun).toBe(false);
});

test('goes on reading when its thread has died, and says so', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'snapctl-thread-'));
  try {
    const program = join(folder, 'dies.cjs');
    writeFileSync(program, "throw new Error('no memory left');");
    const pipe = await openPipe(MIB);
    const broken = new PipeThread(pipe.readEnd, program);
    const take = jest.fn();
    const reading = expect(broken.read(take)).rejects.toThrow('no memory left');
    const part = randomBytes(MIB);
    for (let count = 0; count < 20; count++) await promisify(write)(pipe.writeEnd, part);
    closeSync(pipe.writeEnd);
    await reading;
    expect(take).not.toHaveBeenCalled();
    expect(await broken.begun).toBe(false);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
