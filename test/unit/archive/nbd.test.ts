import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { NbdClient, NbdError } from '../../../src/archive/nbd-client.js';
import type { NbdExtent } from '../../../src/archive/nbd-protocol.js';
import { type NbdExport, NbdServer } from '../../../src/archive/nbd-server.js';

const run = promisify(execFile);
const MIB = 1 << 20;

let folder: string;
const children: ChildProcess[] = [];
const ends: (() => Promise<void>)[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'snapctl-nbd-'));
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const end of ends.splice(0)) await end();
  rmSync(folder, { recursive: true, force: true });
});

/** 3 MiB of data, 5 MiB of nothing, 1 MiB of data, and a bit. */
function contents(): Buffer {
  const image = Buffer.alloc(9 * MIB + 512);
  randomBytes(3 * MIB).copy(image, 0);
  randomBytes(MIB).copy(image, 8 * MIB);
  return image;
}

async function qemuNbd(...words: string[]): Promise<string> {
  const socket = join(folder, 'nbd.sock');
  children.push(spawn('qemu-nbd', ['-r', '-t', '-e', '8', '-k', socket, ...words], { stdio: 'ignore' }));
  const deadline = Date.now() + 10_000;
  // The socket is there before anybody listens on it.
  while (!(await takesConnections(socket))) {
    if (Date.now() > deadline) throw new Error('qemu-nbd does not listen');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return socket;
}

const takesConnections = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path);
    socket.on('error', () => resolve(false));
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });

async function connected(socket: string, name: string): Promise<NbdClient> {
  const client = await NbdClient.connect({ socket, name });
  ends.push(async () => client.close());
  return client;
}

/** Halts a process, and waits until it has. */
async function stopped(child: ChildProcess | undefined): Promise<void> {
  child?.kill('SIGSTOP');
  const deadline = Date.now() + 10_000;
  while (!/^\d+ \([^)]*\) T/.test(readFileSync(`/proc/${child?.pid}/stat`, 'utf8'))) {
    if (Date.now() > deadline) throw new Error('the process does not stop');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function allExtents(client: NbdClient): Promise<NbdExtent[]> {
  const merged: { length: number; zero: boolean }[] = [];
  for (let at = 0; at < client.size; ) {
    for (const { length, zero } of await client.extents(at, client.size - at)) {
      const previous = merged.at(-1);
      if (previous?.zero === zero) previous.length += length;
      else merged.push({ length, zero });
      at += length;
    }
  }
  return merged;
}

describe('the client, with qemu-nbd', () => {
  test('reads everything, many requests at a time, and sees what is zero', async () => {
    const image = contents();
    writeFileSync(join(folder, 'raw'), image);
    await run('qemu-img', ['convert', '-O', 'qcow2', join(folder, 'raw'), join(folder, 'image.qcow2')]);
    const socket = await qemuNbd('-x', 'disk', '-f', 'qcow2', join(folder, 'image.qcow2'));
    const client = await connected(socket, 'disk');
    expect(client.size).toBe(image.length);
    const got = Buffer.alloc(image.length);
    const reads: Promise<void>[] = [];
    for (let at = 0; at < image.length; at += 700_000)
      reads.push(client.read(at, got.subarray(at, Math.min(at + 700_000, image.length))));
    await Promise.all(reads);
    expect(got.equals(image)).toBe(true);
    expect(client.hasStatus).toBe(true);
    expect(await allExtents(client)).toEqual([
      { length: 3 * MIB, zero: false },
      { length: 5 * MIB, zero: true },
      { length: MIB, zero: false },
      { length: 512, zero: true },
    ]);
    await expect(client.extents(image.length, 1)).rejects.toThrow('beyond the end');
  });

  test('says what the server says', async () => {
    writeFileSync(join(folder, 'raw'), Buffer.alloc(MIB));
    const socket = await qemuNbd('-x', 'disk', '-f', 'raw', join(folder, 'raw'));
    await expect(NbdClient.connect({ socket, name: 'other' })).rejects.toThrow(
      /the NBD server refuses export 'other'/,
    );
    await expect(NbdClient.connect({ socket: join(folder, 'none'), name: 'disk' })).rejects.toMatchObject({
      code: 'ENOENT',
    });
  });

  test('requests under way fail when the server dies', async () => {
    writeFileSync(join(folder, 'raw'), contents());
    const socket = await qemuNbd('-x', 'disk', '-f', 'raw', join(folder, 'raw'));
    const client = await connected(socket, 'disk');
    await stopped(children[0]);
    const reading = Promise.allSettled([client.read(0, Buffer.alloc(MIB)), client.extents(0, 4096)]);
    children[0]?.kill('SIGKILL');
    expect((await reading).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await expect(client.read(0, Buffer.alloc(512))).rejects.toThrow();
  });
});

describe('the client, with a server that lies', () => {
  const greeting = Buffer.from('4e42444d4147494349484156454f50540003', 'hex');

  async function liar(answer: (socket: Socket, asked: Buffer) => void): Promise<string> {
    const socket = join(folder, 'liar.sock');
    const server = createServer((connection) => {
      connection.on('error', () => undefined);
      connection.write(greeting);
      connection.on('data', (asked) => answer(connection, asked));
    });
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    ends.push(() => new Promise((resolve) => server.close(() => resolve())));
    return socket;
  }

  test.each([
    ['another protocol', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['an answer of 4 GiB', Buffer.from('0003e889045565a90000000800000001ffffffff', 'hex')],
    ['an answer to another option', Buffer.from('0003e889045565a9000000070000000100000000', 'hex')],
  ])('%s', async (_, said) => {
    const socket = await liar((connection) => connection.end(said));
    await expect(NbdClient.connect({ socket, name: 'disk' })).rejects.toThrow(NbdError);
  });

  test('silence ends with the signal', async () => {
    const socket = await liar(() => undefined);
    const signal = AbortSignal.timeout(50);
    await expect(NbdClient.connect({ socket, name: 'disk' }, signal)).rejects.toThrow(/timeout/i);
  });
});

describe('the server, with the tools of QEMU', () => {
  const image = contents();
  const source: NbdExport = {
    name: 'disk/vda',
    size: image.length,
    read: async (offset, length) => image.subarray(offset, offset + length),
    extents: async (offset, length) => {
      const edges = [3 * MIB, 8 * MIB, 9 * MIB, image.length];
      const at = edges.findIndex((edge) => offset < edge);
      return [{ length: Math.min(length, (edges[at] ?? 0) - offset), zero: at % 2 === 1 }];
    },
  };

  async function serve(exports: readonly NbdExport[]): Promise<{ url: string; socket: string }> {
    const socket = join(folder, 'ours.sock');
    const server = await NbdServer.listen(socket, exports);
    ends.push(() => server.close());
    return { socket, url: `nbd+unix:///disk%2Fvda?socket=${socket}` };
  }

  test('qemu-img copies and maps it', async () => {
    const { url } = await serve([source]);
    const copy = join(folder, 'copy');
    writeFileSync(join(folder, 'raw'), image);
    await run('qemu-img', ['convert', '-f', 'raw', '-O', 'raw', url, copy]);
    await run('qemu-img', ['compare', '-f', 'raw', '-F', 'raw', copy, join(folder, 'raw')]);
    const { stdout } = await run('qemu-img', ['map', '--output=json', '-f', 'raw', url]);
    const map = JSON.parse(stdout) as { length: number; zero: boolean }[];
    expect(map.map(({ length, zero }) => [length, zero])).toEqual([
      [3 * MIB, false],
      [5 * MIB, true],
      [MIB, false],
      [512, true],
    ]);
  });

  test('it cannot be written to', async () => {
    const { url } = await serve([source]);
    const { stdout } = await run('qemu-io', ['-r', '-f', 'raw', '-c', 'write 0 4096', url]).catch(
      (error: { stdout: string }) => error,
    );
    expect(stdout).not.toContain('wrote');
    await expect(run('qemu-io', ['-f', 'raw', '-c', 'write 0 4096', url])).rejects.toThrow(
      /Permission denied/,
    );
  });

  test('a block that cannot be read is an error there, and the connection stays', async () => {
    const failures: string[] = [];
    const socket = join(folder, 'ours.sock');
    const server = await NbdServer.listen(
      socket,
      [
        {
          ...source,
          read: (offset, length) =>
            offset === 0 ? Promise.reject(new Error('damaged')) : source.read(offset, length),
        },
      ],
      { onFailure: (name, error) => failures.push(`${name}: ${error.message}`) },
    );
    ends.push(() => server.close());
    const client = await connected(socket, 'disk/vda');
    await expect(client.read(0, Buffer.alloc(512))).rejects.toThrow('Input/output error');
    const target = Buffer.alloc(4096);
    await client.read(4096, target);
    expect(target.equals(image.subarray(4096, 8192))).toBe(true);
    expect(failures).toEqual(['disk/vda: damaged']);
  });

  test('the tools list it, and what makes no sense is refused or hung up on', async () => {
    const { socket } = await serve([source, { ...source, name: 'disk/vdb' }]);
    const { stdout } = await run('qemu-nbd', ['--list', '-k', socket]);
    expect(stdout).toMatch(/exports available: 2/);
    expect(stdout).toContain("export: 'disk/vda'");
    expect(stdout).toContain('base:allocation');
    for (const nonsense of ['GET / HTTP/1.1\r\n\r\n', '\0\0\0\x03IHAVEOPT\0\0\0\x07\xff\xff\xff\xff', 'x']) {
      const client = connect(socket);
      client.on('error', () => undefined).resume();
      client.end(Buffer.from(nonsense, 'latin1'));
      await new Promise((resolve) => client.once('close', resolve));
    }
    const client = await connected(socket, 'disk/vdb');
    await expect(client.read(0, Buffer.alloc(512))).resolves.toBeUndefined();
  });
});
