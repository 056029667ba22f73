import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { open } from '../../src/drivers/libvirt/open.js';
import type { Connection } from '../../src/hypervisor/connection.js';
import * as C from '../../src/hypervisor/constants.js';
import type { Domain } from '../../src/hypervisor/domain.js';
import { HypervisorError, UnsupportedError } from '../../src/hypervisor/errors.js';
import type { DomainEvent } from '../../src/hypervisor/events.js';

/** Waits until `condition` holds; fails the test's way, by time, if it never does. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

// What every driver has to do, however it is reached.
describe.each(['direct', 'lanes'] as const)('the libvirt driver on test:///default, %s', (mode) => {
  let connection: Connection;
  let domain: Domain;

  beforeAll(async () => {
    connection = await open('test:///default', { mode });
    domain = await connection.domainLookupByName('test');
  });

  afterAll(async () => {
    await connection.close();
  });

  test('says what it is', async () => {
    expect(connection.uri).toBe('test:///default');
    expect(connection.readonly).toBe(false);
    expect(await connection.getType()).toBe('TEST');
    expect(await connection.isAlive()).toBe(true);
  });

  test('hands out domains with their names, and wide numbers', async () => {
    expect({ ...domain }).toEqual({ name: 'test', uuid: '6695eb01-f6a4-8304-79aa-97f2502e193f' });
    expect(await domain.getState()).toEqual({ state: 1, reason: expect.any(Number) });
    expect((await domain.getInfo()).maxMem).toBe(8388608n);
    expect((await connection.listAllDomains()).map(({ name }) => name)).toEqual(['test']);
    expect(await connection.listAllDomainNames()).toEqual(['test']);
  });

  test('turns libvirt’s errors into the model’s', async () => {
    await expect(connection.domainLookupByName('nope')).rejects.toMatchObject({
      name: 'HypervisorError',
      code: C.VIR_ERR_NO_DOMAIN,
    });
    await expect(connection.domainLookupByName('nope')).rejects.toBeInstanceOf(HypervisorError);
    await expect(domain.qemuMonitorCommand('{}')).rejects.toBeInstanceOf(UnsupportedError);
    await expect(domain.qemuMonitorCommand('{}')).rejects.toThrow(
      'this function is not supported by the connection driver: virDomainQemuMonitorCommand',
    );
    await expect(open('test:///no/such/file', { mode })).rejects.toBeInstanceOf(HypervisorError);
  });

  test('takes snapshots, lists them and deletes them', async () => {
    const snapshot = await domain.snapshotCreateXML('<domainsnapshot><name>one</name></domainsnapshot>');
    expect({ ...snapshot }).toEqual({ name: 'one', domainName: 'test' });
    expect(await snapshot.isCurrent()).toBe(true);
    expect((await domain.listAllSnapshots()).map(({ name }) => name)).toEqual(['one']);
    await snapshot.delete();
    expect(await domain.snapshotNum()).toBe(0);
  });

  test('takes its own objects as arguments, and nobody else’s', async () => {
    const other = await open('test:///default', { mode });
    const foreign = await other.domainLookupByName('test');
    expect(await connection.domainListGetStats([domain], 0)).toHaveLength(1);
    await expect(connection.domainListGetStats([foreign], 0)).rejects.toThrow('another connection');
    await other.close();
  });

  test('delivers events', async () => {
    const id = await domain.getID();
    const events: DomainEvent[] = [];
    const subscription = await connection.watchDomainEvents(['lifecycle'], (event) => events.push(event));
    await domain.suspend();
    await domain.resume();
    await until(() => events.length >= 2);
    expect(events).toMatchObject([
      { event: 'lifecycle', domain: { name: 'test', id }, type: C.VIR_DOMAIN_EVENT_SUSPENDED },
      { event: 'lifecycle', domain: { name: 'test', id }, type: C.VIR_DOMAIN_EVENT_RESUMED },
    ]);
    await subscription.close();
    await domain.suspend();
    await domain.resume();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(events).toHaveLength(2);
    await expect(connection.watchDomainEvents(['nonsense' as never], () => {})).rejects.toThrow('no event');
  });

  test('opens a second connection that sees the same', async () => {
    const second = await connection.secondary();
    expect((await second.domainLookupByName('test')).uuid).toBe(domain.uuid);
    await second.close();
    await second.close();
    await expect(second.getType()).rejects.toThrow('closed');
    const third = await connection.secondary();
    expect(await third.getType()).toBe('TEST');
    await third.close();
  });

  test('frees everything on release', async () => {
    const before = await connection.domainLookupByName('test');
    await connection.release();
    await expect(before.getState()).rejects.toThrow('after it was freed');
    domain = await connection.domainLookupByName('test');
    expect(await domain.isActive()).toBe(true);
  });

  test('keeps a read-only connection from changing anything', async () => {
    const readonly = await open('test:///default', { mode, readonly: true });
    expect(readonly.readonly).toBe(true);
    const seen = await readonly.domainLookupByName('test');
    await expect(seen.suspend()).rejects.toMatchObject({ code: C.VIR_ERR_OPERATION_DENIED });
    await readonly.close();
  });
});
