import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, write } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openPipe } from '../../../src/qmp/pipe.js';
import type { ArchiveOrder, ArchiverReport } from '../../../src/snapshot/archive-order.js';
import { helperProgram } from '../../../src/snapshot/helper-program.js';

const MIB = 2 ** 20;

let folder: string;
let child: ChildProcess;
let writeEnd: number;
let exit: Promise<unknown[]>;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'snapctl-archiver-'));
});

afterEach(async () => {
  child.kill('SIGKILL');
  await promisify(setImmediate)();
  rmSync(folder, { recursive: true, force: true });
});

/** Starts an archiver whose memory is to come through a pipe. */
async function start(guestFirst: boolean): Promise<void> {
  const pipe = await openPipe(MIB);
  ({ writeEnd } = pipe);
  child = spawn(process.execPath, [helperProgram('snapshot-archiver'), '--pipe'], {
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit', pipe.readEnd],
  });
  closeSync(pipe.readEnd);
  exit = once(child, 'exit');
  const order: ArchiveOrder = {
    ...{
      file: join(folder, 'a.snap'),
      report: join(folder, 'report'),
      memory: true,
      guestFirst,
      pipe: 'fd:m',
    },
    ...{ owner: null, blockSize: null, dictionary: 'auto', comment: '', secret: null, base: null },
  };
  child.stdin?.write(`${JSON.stringify(order)}\n`);
  const [line] = await once(createInterface({ input: child.stdout as NodeJS.ReadableStream }), 'line');
  expect(line).toBe('listening fd:m');
}

async function send(bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length; )
    at += (await promisify(write)(writeEnd, bytes, at, Math.min(MIB, bytes.length - at), null)).bytesWritten;
}

const report = (): ArchiverReport => JSON.parse(readFileSync(join(folder, 'report'), 'utf8'));

/** The nice value of each of its threads: field 19, the 17th after the name. */
function niceValues(): number[] {
  const tasks = `/proc/${child.pid}/task`;
  return readdirSync(tasks).map((task) => {
    const stat = readFileSync(join(tasks, task, 'stat'), 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]);
  });
}

test.each([
  [true, 'yields to the guest, all but the thread that reads'],
  [false, 'yields to nobody where the guest doesn’t wait for it'],
])('an archiver (guest first: %p) %s', async (guestFirst) => {
  await start(guestFirst);
  await send(randomBytes(20 * MIB));
  const nice = niceValues();
  expect(nice.filter((value) => value === 0)).toHaveLength(guestFirst ? 1 : nice.length);
  expect(nice.filter((value) => value === 10)).toHaveLength(guestFirst ? nice.length - 1 : 0);
  const group = `/proc/${child.pid}/autogroup`;
  if (existsSync(group)) expect(readFileSync(group, 'utf8')).toMatch(guestFirst ? /nice 5$/m : /nice 0$/m);
  closeSync(writeEnd);
  child.stdin?.write(`${JSON.stringify({ disks: [], documents: {} })}\n`);
  expect(await exit).toEqual([0, null]);
  expect(report()).toMatchObject({ received: 20 * MIB, written: 20 * MIB, failure: null });
});

test('goes at once when nothing will come, though its pipe is open', async () => {
  await start(true);
  child.kill('SIGTERM');
  expect(await exit).toEqual([1, null]);
  expect(readdirSync(folder)).toEqual([]);
  closeSync(writeEnd);
});

test('given up while memory comes, it reads to the end, and leaves nothing but its report', async () => {
  await start(true);
  await send(randomBytes(10 * MIB));
  child.kill('SIGTERM');
  // More than it could hold.
  for (let count = 0; count < 10; count++) await send(randomBytes(10 * MIB));
  closeSync(writeEnd);
  expect(await exit).toEqual([0, null]);
  expect(report()).toMatchObject({ received: 110 * MIB, failure: 'the archive was given up' });
  expect(readdirSync(folder)).toEqual(['report']);
});
