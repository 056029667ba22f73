import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { Connection } from '../../../src/libvirt/connection.js';

const descriptors = () => readdirSync('/proc/self/fd').length;
const residentKiB = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);

// Each round gets everything the caller has to free: text, lists, parameters, structs, names, errors.
function round(connection: Connection): void {
  for (const domain of connection.listAllDomains()) {
    domain.getXMLDesc();
    domain.getMemoryParameters();
    domain.getPerfEvents();
    domain.getFSInfo();
    domain.interfaceAddresses(0);
    domain.getDiskErrors();
    domain.snapshotListNames();
    for (const snapshot of domain.listAllSnapshots()) snapshot.free();
    expect(() => domain.snapshotLookupByName('missing')).toThrow();
    domain.free();
  }
  for (const { domain } of connection.getAllDomainStats(0)) domain.free();
  connection.listAllDomainNames();
  connection.getCapabilities();
  connection.getCPUModelNames('x86_64');
  connection.nodeGetCPUMap();
}

test('thousands of calls leave neither descriptors nor memory behind', () => {
  const connection = Connection.open({ uri: 'test:///default' });
  const [domain] = connection.listAllDomains();
  for (const name of ['a', 'b']) {
    domain?.snapshotCreateXML(`<domainsnapshot><name>${name}</name></domainsnapshot>`).free();
  }
  for (let index = 0; index < 300; index += 1) round(connection);
  const before = { descriptors: descriptors(), resident: residentKiB() };
  // Capabilities and CPU models alone are some 20 KiB a round: 1,500 rounds unfreed would be 30 MiB and more.
  for (let index = 0; index < 1500; index += 1) round(connection);
  expect(descriptors()).toBe(before.descriptors);
  expect(residentKiB() - before.resident).toBeLessThan(16 * 1024);
  domain?.free();
  connection.close();
}, 120_000);

test('opening and closing leaves no descriptors behind', () => {
  Connection.open({ uri: 'test:///default' }).close();
  const before = descriptors();
  for (let index = 0; index < 200; index += 1) Connection.open({ uri: 'test:///default' }).close();
  expect(descriptors()).toBe(before);
});
