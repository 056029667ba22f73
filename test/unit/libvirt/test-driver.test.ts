import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Connection } from '../../../src/libvirt/connection.js';
import * as C from '../../../src/libvirt/constants.js';
import type { Domain } from '../../../src/libvirt/domain.js';
import { LibvirtError } from '../../../src/libvirt/error.js';

let connection: Connection;
let domain: Domain;

beforeEach(() => {
  connection = Connection.open({ uri: 'test:///default' });
  domain = connection.domainLookupByName('test');
});

afterEach(() => {
  domain.free();
  connection.close();
});

const failure = (run: () => unknown): LibvirtError => {
  try {
    run();
  } catch (error) {
    if (error instanceof LibvirtError) return error;
    throw error;
  }
  throw new Error('it did not fail');
};

describe('a connection to test:///default', () => {
  test('tells about itself', () => {
    expect(connection.getType()).toBe('TEST');
    expect(connection.getURI()).toBe('test:///default');
    expect(connection.getVersion()).toBe(2);
    expect(connection.getLibVersion()).toBe(connection.libraryVersion().library);
    expect(connection.isAlive()).toBe(true);
    expect(connection.isSecure()).toBe(true);
    expect(connection.isEncrypted()).toBe(false);
    expect(connection.getMaxVcpus()).toBe(32);
  });

  test('tells about its host', () => {
    expect(connection.nodeGetInfo()).toEqual({
      model: 'i686',
      memory: 3145728n,
      cpus: 16,
      mhz: 1400,
      nodes: 2,
      sockets: 2,
      cores: 2,
      threads: 2,
    });
    expect(connection.nodeGetCPUMap()).toEqual({ present: 8, online: 3, map: new Uint8Array([0x15]) });
    expect(connection.nodeGetCellsFreeMemory(0, 10)).toEqual([2097152n, 4194304n]);
    expect(connection.nodeGetFreePages([4, 2048], 0, 2)).toHaveLength(4);
    expect(connection.nodeGetCPUStats(-1).map(({ field }) => field)).toEqual([
      'user',
      'kernel',
      'idle',
      'iowait',
    ]);
    expect(connection.getCPUModelNames('x86_64')).toContain('qemu64');
    expect(connection.getCapabilities()).toContain('<capabilities>');
    expect(connection.getSysinfo()).toContain('LENOVO');
  });

  test('refuses what it has not, in libvirt’s words', () => {
    expect(failure(() => connection.nodeGetMemoryParameters())).toMatchObject({
      code: C.VIR_ERR_NO_SUPPORT,
      message: 'this function is not supported by the connection driver: virNodeGetMemoryParameters',
    });
    expect(failure(() => connection.domainLookupByName('nope')).code).toBe(C.VIR_ERR_NO_DOMAIN);
  });

  test('gives the statistics of its domains, with domains that outlive the list', () => {
    const [record] = connection.getAllDomainStats(C.VIR_DOMAIN_STATS_STATE);
    expect(record?.domain.name).toBe('test');
    expect(record?.params).toEqual([
      { field: 'state.state', type: 'int', value: 1 },
      { field: 'state.reason', type: 'int', value: 0 },
    ]);
    expect(record?.domain.isActive()).toBe(true);
    expect(connection.domainListGetStats([domain], 0)).toHaveLength(1);
  });
});

describe('a domain of test:///default', () => {
  test('tells about itself', () => {
    expect(domain.uuid).toBe('6695eb01-f6a4-8304-79aa-97f2502e193f');
    expect(domain.getID()).toBe(1);
    expect(domain.getState()).toEqual({ state: C.VIR_DOMAIN_RUNNING, reason: 0 });
    expect(domain.getInfo()).toMatchObject({ state: 1, maxMem: 8388608n, memory: 2097152n, nrVirtCpu: 2 });
    expect(domain.getMaxMemory()).toBe(8388608n);
    expect(domain.getControlInfo()).toEqual({ state: 0, details: 0, stateTime: 0n });
    expect(domain.memoryStats()).toContainEqual({
      tag: C.VIR_DOMAIN_MEMORY_STAT_ACTUAL_BALLOON,
      value: 2097152n,
    });
    const { vcpus, cpumaps } = domain.getVcpus(2, 2);
    expect(vcpus.map(({ number, state }) => [number, state])).toEqual([
      [0, 1],
      [1, 1],
    ]);
    expect(cpumaps).toHaveLength(2);
    expect(domain.getVcpus(2, 0).cpumaps).toEqual([]);
  });

  test('reads lists of structs with lists in them', () => {
    expect(domain.getFSInfo()).toEqual([
      { mountpoint: '/', name: 'vda1', fstype: 'ext4', devAlias: ['vda'] },
      { mountpoint: '/boot', name: 'vda2', fstype: 'ext4', devAlias: ['vda'] },
    ]);
    expect(domain.interfaceAddresses(C.VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE)).toEqual([
      {
        name: 'testnet0',
        hwaddr: 'aa:bb:cc:dd:ee:ff',
        addrs: [{ type: 0, addr: '192.168.122.3', prefix: 24 }],
      },
    ]);
    expect(domain.getDiskErrors()).toEqual([{ disk: 'vda', error: 1 }]);
    expect(domain.getSecurityLabel()).toEqual({ label: 'libvirt-test', enforcing: true });
  });

  test('takes and gives typed parameters', () => {
    domain.setMemoryParameters([
      { field: 'hard_limit', type: 'ullong', value: 2_000_000n },
      { field: 'soft_limit', type: 'ullong', value: 1_000_000n },
    ]);
    expect(domain.getMemoryParameters().slice(0, 2)).toEqual([
      { field: 'hard_limit', type: 'ullong', value: 2_000_000n },
      { field: 'soft_limit', type: 'ullong', value: 1_000_000n },
    ]);
    expect(domain.getSchedulerParameters()).toEqual([{ field: 'weight', type: 'uint', value: 50 }]);
    expect(domain.getPerfEvents()[0]).toEqual({ field: 'cmt', type: 'boolean', value: false });
    expect(domain.getCPUStats(-1, 1)[0]?.map(({ field }) => field)).toEqual([
      'cpu_time',
      'user_time',
      'system_time',
    ]);
  });

  test('keeps text that is not ASCII', () => {
    const title = 'Größe – 大きさ 🐟';
    domain.setMetadata(C.VIR_DOMAIN_METADATA_DESCRIPTION, title, null, null);
    expect(domain.getMetadata(C.VIR_DOMAIN_METADATA_DESCRIPTION, null)).toBe(title);
  });

  test('takes snapshots and moves among them', () => {
    const first = domain.snapshotCreateXML('<domainsnapshot><name>first</name></domainsnapshot>');
    const second = domain.snapshotCreateXML('<domainsnapshot><name>second</name></domainsnapshot>');
    expect(second.getParent().name).toBe('first');
    expect(first.listChildrenNames()).toEqual(['second']);
    expect(first.listAllChildren().map(({ name }) => name)).toEqual(['second']);
    expect([first.isCurrent(), second.isCurrent()]).toEqual([false, true]);
    first.revert();
    expect(domain.snapshotCurrent().name).toBe('first');
    expect(domain.getState().reason).toBe(C.VIR_DOMAIN_RUNNING_FROM_SNAPSHOT);
    expect(domain.snapshotListNames().sort()).toEqual(['first', 'second']);
    first.delete(C.VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN);
    expect(domain.snapshotNum()).toBe(0);
    expect(domain.hasCurrentSnapshot()).toBe(false);
    expect(failure(() => first.getParent()).code).toBe(C.VIR_ERR_NO_DOMAIN_SNAPSHOT);
  });

  test('sends a screenshot through a stream', () => {
    const stream = connection.streamNew();
    expect(domain.screenshot(stream, 0)).toBe('image/png');
    const parts: Uint8Array[] = [];
    for (let part = stream.recv(65536); part && part.length > 0; part = stream.recv(65536)) parts.push(part);
    stream.finish();
    stream.free();
    expect(Buffer.concat(parts).subarray(1, 4).toString()).toBe('PNG');
  });

  test('is saved to a file and restored from it', () => {
    const file = join(tmpdir(), `snapctl-save-${process.pid}`);
    try {
      domain.save(file);
      expect(domain.getState()).toEqual({ state: C.VIR_DOMAIN_SHUTOFF, reason: C.VIR_DOMAIN_SHUTOFF_SAVED });
      expect(domain.getID()).toBe(-1);
      expect(connection.domainSaveImageGetXMLDesc(file)).toContain('<name>test</name>');
      connection.domainRestore(file);
      expect(domain.isActive()).toBe(true);
    } finally {
      rmSync(file, { force: true });
    }
  });

  test('cannot be used once freed', () => {
    const other = connection.domainLookupByName('test');
    other.free();
    other.free();
    expect(() => other.getID()).toThrow('Domain is used after it was freed');
  });
});

describe('errors', () => {
  test('of 2,000 failing calls are each the call’s own', () => {
    let wrong = 0;
    for (let index = 0; index < 2000; index += 1) {
      const error =
        index % 2 === 0
          ? failure(() => domain.snapshotLookupByName(`missing-${index}`))
          : failure(() => domain.getState(1 << 20));
      const right =
        index % 2 === 0
          ? error.code === C.VIR_ERR_NO_DOMAIN_SNAPSHOT && error.message.includes(`missing-${index}`)
          : error.code !== C.VIR_ERR_NO_DOMAIN_SNAPSHOT;
      if (!right) wrong += 1;
    }
    expect(wrong).toBe(0);
  });

  test('carry libvirt’s fields', () => {
    expect(failure(() => domain.snapshotLookupByName('missing')).fields).toMatchObject({
      code: C.VIR_ERR_NO_DOMAIN_SNAPSHOT,
      level: C.VIR_ERR_ERROR,
      message: "Domain snapshot not found: no domain snapshot with matching name 'missing'",
    });
  });

  test('of an unknown transport say what virsh says', () => {
    expect(failure(() => Connection.open({ uri: 'test+nonsense:///default' })).message).toMatch(/transport/);
  });
});
