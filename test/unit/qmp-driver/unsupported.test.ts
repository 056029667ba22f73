import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { functionName, withUnsupported } from '../../../src/drivers/qmp/unsupported.js';

const source = (path: string): string =>
  readFileSync(fileURLToPath(new URL(`../../../src/${path}`, import.meta.url)), 'utf8');
const prototypes = fileURLToPath(new URL('../../../src/libvirt/prototypes', import.meta.url));
/** Every function of libvirt that the binding calls. */
const functions = new Set(
  readdirSync(prototypes).flatMap(
    (file) => readFileSync(join(prototypes, file), 'utf8').match(/\bvir[A-Z]\w+/g) ?? [],
  ),
);

/** Methods of an interface, from its source. */
function methods(file: string, name: string): string[] {
  const body = new RegExp(`export interface ${name}\\b[^{]*\\{([\\s\\S]*?)\\n\\}`).exec(
    source(`hypervisor/${file}.ts`),
  )?.[1];
  return [...(body ?? '').matchAll(/^ {2}([a-z]\w+)\(/gm)].map((match) => match[1] ?? '');
}

test.each([
  ['Domain', 'domain-lifecycle', 'DomainLifecycle'],
  ['Domain', 'domain-resources', 'DomainResources'],
  ['Domain', 'domain-devices', 'DomainDevices'],
  ['Domain', 'domain-memory-save', 'DomainMemorySave'],
  ['Domain', 'jobs', 'DomainJobs'],
  ['Domain', 'snapshots', 'DomainSnapshots'],
  ['Domain', 'monitor', 'DomainMonitor'],
  ['Domain', 'agent', 'DomainAgent'],
  ['DomainSnapshot', 'snapshots', 'Snapshot'],
  ['Connect', 'domains', 'Domains'],
  ['Connect', 'host', 'Host'],
  ['Connect', 'storage', 'Storage'],
])('%s methods of %s.%s are named after functions of libvirt', (prefix, file, name) => {
  const all = methods(file, name);
  expect(all.length).toBeGreaterThan(1);
  const strays = all.filter((method) => !functions.has(functionName(prefix, method)));
  expect(strays).toEqual([]);
});

test('what is missing refuses in libvirt’s words; what is there does not', async () => {
  const domain = withUnsupported<{ save(to: string): Promise<void>; isActive(): Promise<boolean> }>(
    { isActive: async () => true },
    'Domain',
  );
  await expect(domain.isActive()).resolves.toBe(true);
  await expect(domain.save('x')).rejects.toThrow(
    'this function is not supported by the connection driver: virDomainSave',
  );
  // An object that had a `then` would be waited for, for ever.
  expect('then' in domain || (domain as { then?: unknown }).then).toBeFalsy();
});
