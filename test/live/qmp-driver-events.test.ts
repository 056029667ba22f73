import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import { open } from '../../src/drivers/qmp/index.js';
import type { Connection, DomainEvent, MonitorEvent } from '../../src/hypervisor/index.js';
import { runProgram } from '../support/program.js';
import { BareGuest, qemuPrograms } from '../support/qemu.js';

describe.each(qemuPrograms)('events of a guest on %s', (_, find) => {
  let guest: BareGuest;
  let connection: Connection;

  afterEach(async () => {
    await connection?.close();
    await guest?.dispose();
    delete process.env.SNAPCTL_STATE_DIR;
  });

  test('come in the model’s terms, and as the monitor sent them; others get the monitor meanwhile', async () => {
    guest = await BareGuest.start({ program: await find() });
    process.env.SNAPCTL_STATE_DIR = join(guest.folder, 'state');
    connection = await open(`qmp://${guest.monitor}`);
    const [seen, raw]: [DomainEvent[], MonitorEvent[]] = [[], []];
    await connection.watchDomainEvents(['lifecycle', 'reboot', 'agent-lifecycle'], (event) =>
      seen.push(event),
    );
    const monitor = await connection.watchMonitorEvents(
      '^stop|^resume',
      (event) => raw.push(event),
      undefined,
      3,
    );
    const until = async (test: () => boolean): Promise<void> => {
      while (!test()) await delay(20);
    };
    const domain = await connection.domainLookupByName('tiny');
    const about = { name: 'tiny', uuid: domain.uuid, id: guest.pid };
    await domain.suspend();
    await domain.resume();
    await until(() => seen.length >= 2);
    expect(seen).toEqual([
      { event: 'lifecycle', domain: expect.objectContaining(about), type: 3, detail: 0 },
      { event: 'lifecycle', domain: expect.objectContaining(about), type: 4, detail: 0 },
    ]);
    expect(raw.map(({ event, details }) => [event, details])).toEqual([
      ['STOP', null],
      ['RESUME', null],
    ]);
    expect(Number(raw[1]?.seconds)).toBeCloseTo(Date.now() / 1000, -1);
    await monitor.close();

    // Another connection made from this one uses the same monitor, and asks while this one is at it.
    const beside = await connection.secondary();
    const same = await beside.domainLookupByName('tiny');
    expect((await same.getJobStats()).type).toBe(0);
    expect(await same.getBlockJobInfo('vda')).toBeNull();
    await beside.close();
    expect((await domain.getState()).state).toBe(1);

    // Another program waits for the monitor, gets it, and we hear again afterwards.
    await connection.release();
    const news: string[] = [];
    const ways = await connection.watchConnection(({ event }) => news.push(event));
    await connection.release();
    const other = await runProgram(`qmp://${guest.monitor}`, ['domstate', 'tiny']);
    expect([other.code, other.stdout.trim(), other.stderr]).toEqual([0, 'running', '']);
    await until(() => news.includes('regained'));
    expect(news.filter((event) => event !== 'domains-changed')).toEqual(['yielded', 'regained']);
    const sofar = seen.length;
    await (await connection.domainLookupByName('tiny')).suspend();
    await (await connection.domainLookupByName('tiny')).resume();
    await until(() => seen.length >= sofar + 2);
    await ways.close();

    // The agent goes when the guest is reset, and comes back when it is up again.
    await domain.reset();
    await until(() => seen.filter(({ event }) => event === 'agent-lifecycle').length >= 2);
    expect(seen.find(({ event }) => event === 'reboot')).toBeDefined();
    expect(seen.filter(({ event }) => event === 'agent-lifecycle')).toMatchObject([
      { state: 2 },
      { state: 1 },
    ]);

    const before = seen.length;
    await domain.destroy();
    await until(() => seen.slice(before).some((event) => event.event === 'lifecycle' && event.type === 5));
    expect(seen.at(-1)).toMatchObject({ event: 'lifecycle', type: 5, domain: { id: -1 } });
    expect(raw).toHaveLength(2);
    await expect(connection.watchDomainEvents(['tunable'], () => undefined)).rejects.toThrow(
      "no event 'tunable'",
    );
  }, 180_000);
});
