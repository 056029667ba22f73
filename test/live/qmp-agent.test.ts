import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  AgentTimeout,
  AlreadyFrozen,
  FreezeUnconfirmed,
  findAgentPort,
  GuestAgent,
  thawWhenAnswered,
} from '../../src/agent/index.js';
import { QmpClient } from '../../src/qmp/index.js';
import { BareGuest, qemuPrograms } from '../support/qemu.js';

const rejection = (promise: Promise<unknown>) =>
  promise.then(
    (value) => {
      throw new Error(`resolved with ${JSON.stringify(value)}`);
    },
    (error) => error,
  );

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe.each(qemuPrograms)('the guest agent under %s', (_name, find) => {
  let guest: BareGuest;
  let client: QmpClient;
  let agent: GuestAgent;

  beforeAll(async () => {
    guest = await BareGuest.start({ program: await find(), disks: 2, warm: false });
    client = await QmpClient.connect(guest.monitor);
    agent = await GuestAgent.connect(guest.agent);
  }, 240_000);

  afterAll(async () => {
    agent?.close();
    await client?.disconnect();
    await guest?.dispose();
  });

  test('is found from the monitor, whether a client is connected or not', async () => {
    expect(await findAgentPort(client)).toEqual({ path: guest.agent, chardev: 'agent0', open: true });
    agent.close();
    while (
      (await client.execute('query-chardev')).every(({ filename }) => !filename.startsWith('disconnected'))
    ) {
      await sleep(10);
    }
    expect((await findAgentPort(client))?.path).toBe(guest.agent);
    agent = await GuestAgent.connect(guest.agent);
  });

  test('tells of the guest', async () => {
    await agent.ping();
    const info = await agent.info();
    expect(info.commands).toContain('guest-fsfreeze-freeze');
    const systems = await agent.fileSystems();
    expect(systems.map(({ mountpoint, type }) => `${mountpoint} ${type}`).sort()).toEqual([
      '/data ext4',
      '/data2 ext4',
    ]);
    expect(await agent.hostName()).not.toBe('');
    expect(Math.abs(Number(await agent.time()) / 1e6 - Date.now())).toBeLessThan(60_000);
    await agent.trim();
  });

  test('freezes and thaws: the counter stands still in between', async () => {
    await guest.nextCounter();
    expect(await agent.freeze()).toBe(2);
    try {
      expect(await agent.isFrozen()).toBe(true);
      const from = guest.serial.end();
      await sleep(700);
      // The write that was under way may have come through.
      expect(guest.serial.numbers('counter', from).length).toBeLessThanOrEqual(1);
      expect(await rejection(agent.freeze())).toBeInstanceOf(AlreadyFrozen);
    } finally {
      expect(await agent.thaw()).toBe(2);
    }
    expect(await agent.thaw()).toBe(0);
    expect(await agent.isFrozen()).toBe(false);
    await guest.nextCounter();
    expect(await agent.freeze(['/data2'])).toBe(1);
    expect(await agent.thaw()).toBe(1);
  }, 60_000);

  test('a freeze that runs after its deadline is caught and thawed', async () => {
    await agent.ping();
    await client.execute('stop');
    const error = await rejection(agent.freeze(undefined, { timeout: 300 }));
    expect(error).toBeInstanceOf(FreezeUnconfirmed);
    await client.execute('cont');
    // Two file systems were frozen, late, and are thawed.
    expect(await error.lateFreeze).toBe(2);
    expect(await agent.isFrozen()).toBe(false);
    await guest.nextCounter();
  }, 60_000);

  test('an agent that has gone mute costs the deadline, and is not given the freeze', async () => {
    await sleep(1100);
    await client.execute('stop');
    const started = performance.now();
    expect(await rejection(agent.freeze(undefined, { timeout: 400 }))).toBeInstanceOf(AgentTimeout);
    expect(performance.now() - started).toBeLessThan(1500);
    await client.execute('cont');
    expect(await agent.isFrozen({ timeout: 20_000 })).toBe(false);
  }, 60_000);

  test('a second client on the socket hears nothing, and is told so', async () => {
    const error = await rejection(GuestAgent.connect(guest.agent, { timeout: 300 }));
    expect(error).toBeInstanceOf(AgentTimeout);
    expect(error.message).toContain('another client has its socket');
  });

  test('a guest left frozen by one that is gone is thawed by another', async () => {
    expect(await agent.freeze()).toBe(2);
    agent.close();
    expect(await thawWhenAnswered(guest.agent, { timeout: 20_000 })).toBe(2);
    agent = await GuestAgent.connect(guest.agent);
    await guest.nextCounter();
    expect(guest.serial.text()).not.toMatch(/^mismatch/m);
  }, 60_000);
});
