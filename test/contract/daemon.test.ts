import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { open } from '../../src/drivers/libvirt/open.js';
import { ConnectionLost, HypervisorError } from '../../src/hypervisor/errors.js';
import type { ConnectionEvent, DomainEvent } from '../../src/hypervisor/events.js';
import { daemonInstalled, PrivateDaemon } from './private-daemon.js';

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

(daemonInstalled ? describe : describe.skip)('through a daemon', () => {
  const daemon = new PrivateDaemon();

  beforeAll(() => daemon.start());
  afterAll(() => daemon.stop());

  test('a query is answered while three other calls hang', async () => {
    const connection = await open(daemon.relayedUri, { mode: 'lanes' });
    const blocked = [await connection.secondary(), await connection.secondary(), connection];
    daemon.stall();
    let ended = 0;
    const hanging = blocked.map((each) => each.getHostname().finally(() => (ended += 1)));
    const free = await connection.secondary();
    const started = performance.now();
    expect(await free.numOfDomains()).toBe(1);
    expect(performance.now() - started).toBeLessThan(500);
    expect(ended).toBe(0);
    daemon.resume();
    expect(await Promise.all(hanging)).toHaveLength(3);
    for (const each of [...blocked, free]) if (each !== connection) await each.close();
    await connection.close();
  });

  test('calls on one lane run in the order they were made', async () => {
    const connection = await open(daemon.relayedUri, { mode: 'lanes' });
    const domain = await connection.domainLookupByName('test');
    const order: string[] = [];
    await Promise.all([
      domain.suspend().then(() => order.push('suspend')),
      domain.getState().then(({ state }) => order.push(`state ${state}`)),
      domain.resume().then(() => order.push('resume')),
      domain.getState().then(({ state }) => order.push(`state ${state}`)),
    ]);
    expect(order).toEqual(['suspend', 'state 3', 'resume', 'state 1']);
    await connection.close();
  });

  test.each(['direct', 'lanes'] as const)(
    'when the daemon dies and comes back, %s connections do too',
    async (mode) => {
      const connection = await open(daemon.uri, { mode, keepalive: { interval: 5, count: 3 } });
      const domain = await connection.domainLookupByName('test');
      const events: DomainEvent[] = [];
      const state: ConnectionEvent[] = [];
      await connection.watchDomainEvents(['lifecycle'], (event) => events.push(event));
      await connection.watchConnection((event) => state.push(event));
      await daemon.kill();
      await until(() => state.some(({ event }) => event === 'closed'));
      // The first call finds the connection dead, or finds nobody to reopen it to.
      await expect(domain.suspend()).rejects.toBeInstanceOf(HypervisorError);
      await daemon.start();
      await until(() => state.some(({ event }) => event === 'reopened'));
      // The domain of the dead connection is found again by its uuid.
      expect(await domain.getState()).toEqual({ state: 1, reason: expect.any(Number) });
      await domain.suspend();
      await until(() => events.length > 0);
      expect(events[0]).toMatchObject({ event: 'lifecycle', domain: { name: 'test' } });
      await domain.resume();
      await connection.close();
    },
  );

  test('a call that the connection dies under says that it was lost', async () => {
    const connection = await open(daemon.relayedUri, { mode: 'lanes' });
    const domain = await connection.domainLookupByName('test');
    daemon.stall();
    const hanging = domain.suspend();
    const outcome = expect(hanging).rejects.toBeInstanceOf(ConnectionLost);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await daemon.kill();
    daemon.cut();
    await outcome;
    await daemon.start();
    // Not repeated by itself: nobody suspended the domain of the new daemon.
    expect(await (await connection.domainLookupByName('test')).getState()).toMatchObject({ state: 1 });
    await connection.close();
  });
});
