import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ProtocolError, QmpClient, QmpError } from '../../../src/qmp/index.js';
import { greeting } from './fake-monitor.js';
import { Random } from './random.js';

const seed = Number(process.env.QMP_FUZZ_SEED ?? 20_240_607);
const limit = 4096;

const event = { event: 'STOP', data: {}, timestamp: { seconds: 1, microseconds: 2 } };

/** Messages with one thing wrong, or looking right and not being so. */
const hostile: readonly ((random: Random) => string | Buffer)[] = [
  (random) => random.bytes(1 + random.below(300)),
  (random) =>
    JSON.stringify(random.pick<unknown>([null, 0, -1, 1e308, '', 'QMP', true, [], {}, [event], [[]]])),
  (random) =>
    JSON.stringify({ return: {}, id: random.pick<unknown>([0, -1, 1, 1.5, 2 ** 53, '1', null, [], {}]) }),
  () => JSON.stringify({ return: {} }),
  () => JSON.stringify(greeting),
  () => JSON.stringify({ QMP: { version: null } }),
  (random) => JSON.stringify({ event: random.pick<unknown>([1, null, {}, []]) }),
  (random) => JSON.stringify({ event: 'STOP', data: random.pick<unknown>([1, 'x', [], null]) }),
  (random) => JSON.stringify({ event: 'STOP', timestamp: random.pick<unknown>([1, 'x', [], null, {}]) }),
  (random) =>
    JSON.stringify({
      error: random.pick<unknown>([1, null, 'x', {}, { class: 1 }]),
      id: 1 + random.below(9),
    }),
  (random) => JSON.stringify({ return: 1, error: { class: 'x', desc: 'y' }, id: 1 + random.below(9) }),
  () => '{"__proto__": {"return": 1, "id": 2}}',
  () => '{"event": "__proto__", "data": {"__proto__": {"polluted": true}}}',
  () => '{"event": "constructor", "data": {"constructor": {"prototype": {"polluted": true}}}}',
  (random) => '['.repeat(random.below(limit)),
  (random) => `${'{"return":'.repeat(1 + random.below(100))}`,
  (random) => 'x'.repeat(limit + 1 + random.below(limit)),
  (random) => JSON.stringify({ ...event, data: { long: 'y'.repeat(limit * (1 + random.below(3))) } }),
  (random) => mutated(JSON.stringify({ return: { status: 'running' }, id: 2 + random.below(3) }), random),
  (random) => mutated(JSON.stringify(event), random),
  () => '\0\0\0',
  () => '\r',
  () => '\u001b[2J\u001b]0;title\u0007',
  () => Buffer.from([0x7b, 0xff, 0xfe, 0x7d]),
  () => '{"event": "\\ud800", "data": {}}',
  () => '{"return": 1e999999, "id": 2}',
];

/** Lines that are in order. */
const harmless: readonly ((random: Random) => string)[] = [
  () => JSON.stringify(event),
  (random) => JSON.stringify({ event: 'NEW_EVENT', data: { nested: [{ a: random.below(9) }] } }),
  () => '',
];

function mutated(text: string, random: Random): Buffer {
  const bytes = Buffer.from(text);
  switch (random.below(4)) {
    case 0:
      return bytes.subarray(0, random.below(bytes.length));
    case 1:
      return Buffer.concat([bytes, bytes.subarray(random.below(bytes.length))]);
    case 2:
      bytes[random.below(bytes.length)] = random.below(256);
      return bytes;
    default:
      bytes.copy(bytes, random.below(bytes.length), random.below(bytes.length));
      return bytes;
  }
}

let folder: string;
let path: string;
let server: Server;
const open = new Set<Socket>();
let serve: (socket: Socket) => void;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'snapctl-fuzz-'));
  path = join(folder, 'monitor');
  server = createServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => {});
    socket.write(`${JSON.stringify(greeting)}\r\n`);
    // The first line is qmp_capabilities, whose id is 1 on a new client.
    socket.once('data', () => {
      socket.write('{"return": {}, "id": 1}\r\n');
      serve(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
});

afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

/** Writes the bytes in pieces: whole, in two, or in crumbs. */
async function writeCut(socket: Socket, bytes: Buffer, random: Random): Promise<void> {
  const size = random.pick([bytes.length, bytes.length, Math.ceil(bytes.length / 2), 1 + random.below(100)]);
  for (let at = 0; at < bytes.length && !socket.destroyed; at += size) {
    socket.write(bytes.subarray(at, at + size));
    if (size < bytes.length && random.below(8) === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

test('10,000 malformed, split, merged, oversized and hostile lines: all waits end, nothing stays behind', async () => {
  const random = new Random(seed);
  const timersBefore = timers();
  let sent = 0;
  const outcomes = { protocol: 0, other: 0, answered: 0, slowest: 0 };
  let heapBefore = 0;
  for (let connection = 0; sent < 10_000; connection += 1) {
    // The first hundred connections warm the engine up; what comes after may not add to the heap.
    if (connection === 100) {
      collectGarbage();
      heapBefore = process.memoryUsage().heapUsed;
    }
    const lines = Array.from({ length: 1 + random.below(12) }, () =>
      random.below(3) === 0 ? random.pick(hostile)(random) : random.pick(harmless)(random),
    );
    // At least one of them is bad, at any place.
    lines.splice(random.below(lines.length), 0, random.pick(hostile)(random));
    sent += lines.length;
    const bytes = Buffer.concat(
      lines.flatMap((line) => [Buffer.from(line as string), Buffer.from(random.pick(['\n', '\r\n']))]),
    );
    serve = (socket) => void writeCut(socket, bytes, random).then(() => socket.end());

    const started = performance.now();
    const client = new QmpClient(path);
    const listener = client.listen({ limit: 50 });
    const waits: Promise<unknown>[] = [];
    try {
      await client.connect({ lineLimit: limit, timeout: 5000 });
      waits.push(client.execute('query-status'), client.execute('stop'), client.executeTogether([]));
      waits.push(client.once('RESUME'), client.executeForText('query-name'));
    } catch (error) {
      // The bad line came before the connection was running.
      expect(error).toBeInstanceOf(QmpError);
    }
    for (const each of await Promise.allSettled(waits)) {
      if (each.status === 'fulfilled') outcomes.answered += 1;
      else expect(each.reason).toBeInstanceOf(QmpError);
    }
    const reason = await client.closed;
    if (reason instanceof ProtocolError) outcomes.protocol += 1;
    else outcomes.other += 1;
    await expect(
      (async () => {
        for await (const each of listener) if (each.event === '') throw new Error('unreachable');
      })(),
    ).rejects.toBeInstanceOf(QmpError);
    expect(client.state).toBe('idle');
    outcomes.slowest = Math.max(outcomes.slowest, performance.now() - started);
  }
  while (open.size > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  collectGarbage();
  const grown = process.memoryUsage().heapUsed - heapBefore;
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  expect(outcomes.protocol).toBeGreaterThan(500);
  expect(outcomes.slowest).toBeLessThan(4000);
  expect(grown).toBeLessThan(8_000_000);
  expect(timers()).toBeLessThanOrEqual(timersBefore);
}, 120_000);

test('what is in order arrives, complete and in order, however it is cut', async () => {
  const random = new Random(seed + 1);
  const events = Array.from({ length: 3000 }, (_, index) => ({
    event: 'E',
    data: { index, text: 'ä\n"{}[]'.repeat(random.below(20)) },
    timestamp: { seconds: index, microseconds: random.below(1_000_000) },
  }));
  serve = (socket) => {
    const text = events
      .map((each) => `${JSON.stringify(each)}${random.pick(['\n', '\r\n', '\n\n'])}`)
      .join('');
    void writeCut(socket, Buffer.from(text), random).then(() => socket.write('{"return": "end", "id": 2}\n'));
  };
  const client = await (async () => {
    const made = new QmpClient(path);
    const listener = made.listen();
    await made.connect({ lineLimit: limit });
    return { made, listener };
  })();
  expect(await client.made.execute('wait')).toBe('end');
  for (const each of events) {
    const found = await client.listener.next();
    expect(found?.data).toEqual(each.data);
    expect(found?.timestamp).toBe(each.timestamp.seconds * 1_000_000 + each.timestamp.microseconds);
  }
  await client.made.disconnect();
});

test('a line of 10 MB is read, one of more ends the connection', async () => {
  const value = 'z'.repeat(9_999_900);
  serve = (socket) => {
    socket.write(`{"return": "${value}", "id": 2}\n`);
    socket.write(`{"return": "${value}${value}`);
  };
  const client = await QmpClient.connect(path);
  const [first, second] = [client.execute('one'), client.execute('two')];
  expect(await first).toHaveLength(value.length);
  await expect(second).rejects.toThrow('a line of more than 10000000 bytes came from the monitor');
  await expect(second).rejects.toBeInstanceOf(ProtocolError);
  expect(client.state).toBe('idle');
}, 60_000);
