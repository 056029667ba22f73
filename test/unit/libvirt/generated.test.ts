import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { hasFunction } from '../../../src/libvirt/library.js';
import { libvirtPrototypes, libvirtQemuPrototypes } from '../../../src/libvirt/prototypes/index.js';

const script = (name: string) =>
  fileURLToPath(new URL(`../../../scripts/generate-libvirt-${name}.mjs`, import.meta.url));
// The files are those of one libvirt; another version's description is rightly different.
const described =
  existsSync('/usr/share/libvirt/api/libvirt-api.xml') &&
  /'LIBVIR_VERSION_NUMBER'[^>]*raw='9000000'/.test(
    readFileSync('/usr/share/libvirt/api/libvirt-api.xml', 'utf8'),
  );

describe('what is generated from libvirt’s API description', () => {
  (described ? test : test.skip).each(['constants', 'prototypes'])('%s are fresh', (name) => {
    expect(() => execFileSync(process.execPath, [script(name), '--check'], { stdio: 'pipe' })).not.toThrow();
  });

  test('every declared function is in the installed libraries', () => {
    const names = [...Object.keys(libvirtPrototypes), ...Object.keys(libvirtQemuPrototypes)];
    expect(names.length).toBeGreaterThan(500);
    const missing = names.filter((name) => !hasFunction(name as keyof typeof libvirtPrototypes));
    expect(missing).toEqual([]);
  });
});
