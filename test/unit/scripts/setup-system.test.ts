import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

const script = new URL('../../../scripts/setup-system.mjs', import.meta.url).href;

/** Runs the installation with programs of our own in front of the system's, so that nothing is installed. */
describe('installing packages', () => {
  let folder: string;
  const log = () => join(folder, 'log');
  const program = (name: string, body: string) => {
    writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`);
    chmodSync(join(folder, name), 0o755);
  };
  const install = (...purposes: string[]) =>
    spawnSync(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `const { installPackages } = await import(${JSON.stringify(script)});
         try { installPackages(${JSON.stringify(purposes)}); } catch (error) { console.log(error.message); }`,
      ],
      { encoding: 'utf8', env: { ...process.env, PATH: `${folder}:${process.env.PATH}` } },
    );
  const calls = () => readFileSync(log(), 'utf8').trim().split('\n');

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'snapctl-setup-test-'));
    writeFileSync(log(), '');
    program('apt-get', `echo "apt-get $*" >>'${log()}'`);
    // As root it is not used; elsewhere it must not ask.
    program('sudo', 'while [ "$1" = -n ]; do shift; done; exec "$@"');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('does nothing and says nothing when all is there', () => {
    program('dpkg-query', 'shift 3; for name; do echo "$name installed"; done');
    const { stdout, stderr } = install('qemu', 'libvirt', 'guest', 'test');
    expect(stdout + stderr).toBe('');
    expect(calls()).toEqual(['']);
  });

  test('says what is missing, then installs just that and removes nothing', () => {
    // One is there, one was removed and has left its settings, the others are unknown: dpkg-query ends with 1.
    program('dpkg-query', 'echo "libvirt0 installed"; echo "qemu-utils config-files"; exit 1');
    const { stdout, stderr } = install('qemu', 'libvirt');
    const missing = 'libvirt-daemon libvirt-daemon-driver-qemu qemu-system-x86 qemu-utils';
    expect(stdout).toBe('');
    expect(stderr).toContain(`Installing with apt: ${missing}\n`);
    expect(calls()).toEqual([
      'apt-get update -q',
      `apt-get install -y -q --no-install-recommends --no-remove ${missing}`,
    ]);
  });

  test('goes on when the lists cannot be updated, and stops when the installation fails', () => {
    program('dpkg-query', 'exit 1');
    program('apt-get', `echo "apt-get $1" >>'${log()}'; exit 100`);
    const { stdout, stderr } = install('guest');
    expect(stderr).toContain('going on with the lists that are there');
    expect(stdout).toMatch(/^apt-get could not install .*qemu-guest-agent/);
    expect(calls()).toEqual(['apt-get update', 'apt-get install']);
  });
});
