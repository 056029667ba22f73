import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import { AgentError, GuestAgent } from '../../../src/agent/index.js';
import { Random } from '../qmp/random.js';
import { delimited, FakeAgent } from './fake-agent.js';

const seed = Number(process.env.AGENT_FUZZ_SEED ?? 20_240_608);

/** What a hostile guest may put on the wire. */
const junk: readonly ((random: Random) => string | Buffer)[] = [
  (random) => random.bytes(random.below(200)),
  (random) => delimited(random.below(2 ** 31)),
  (random) => Buffer.concat([Buffer.of(0xff, 0xff), random.bytes(random.below(20))]),
  () => '{"return": {}}',
  () => '{"return": "frozen"}',
  () => '{"error": null}',
  () => '{"error": {"class": "CommandNotFound", "desc": "x"}}',
  () => '{"__proto__": {"return": 1}}',
  () => '{"return": {"__proto__": {"polluted": true}}}',
  (random) => '['.repeat(random.below(5000)),
  (random) =>
    `{"return": [${'{"name": "vda", "mountpoint": "/", "type": "ext4", "disk": 1},'.repeat(random.below(9))}1]}`,
  (random) => `{"return": ${'9'.repeat(1 + random.below(400))}}`,
];

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

test('a guest that answers with 10,000 lines of junk costs deadlines, and nothing else', async () => {
  const random = new Random(seed);
  let sent = 0;
  const lines = () => {
    const some = Array.from({ length: 1 + random.below(40) }, () => random.pick(junk)(random));
    sent += some.length;
    return some;
  };
  const server = await new FakeAgent((_, send) => send(...lines())).listen();
  server.answerSync = (id) => [...lines(), delimited(id), ...lines()];
  let heapBefore = 0;
  for (let round = 0; sent < 10_000; round += 1) {
    if (round === 20) {
      collectGarbage();
      heapBefore = process.memoryUsage().heapUsed;
    }
    server.requests.length = 0;
    const agent = await GuestAgent.connect(server.path, { timeout: 5000 });
    const wait = { timeout: 300 };
    const asked = [
      () => agent.hostName(wait),
      () => agent.fileSystems(wait),
      () => agent.info(wait),
      () => agent.isFrozen(wait),
      () => agent.time(wait),
      () => agent.freeze(undefined, wait),
    ];
    for (const ask of asked) {
      const started = performance.now();
      await ask().catch((error) => expect(error).toBeInstanceOf(AgentError));
      expect(performance.now() - started).toBeLessThan(3000);
    }
    await agent.lateFreeze?.catch((error) => expect(error).toBeInstanceOf(AgentError));
    agent.close();
  }
  await server.close();
  collectGarbage();
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  expect(process.memoryUsage().heapUsed - heapBefore).toBeLessThan(8_000_000);
}, 120_000);
