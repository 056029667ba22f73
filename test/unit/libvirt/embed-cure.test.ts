import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { needsReservedDescriptors } from '../../../src/libvirt/embed-cure.js';

const library = fileURLToPath(new URL('../../../dist/libvirt.js', import.meta.url));
const program = `
  import { readlinkSync } from 'node:fs';
  import { needsReservedDescriptors, reexecWithReservedDescriptors } from ${JSON.stringify(library)};
  const link = (fd) => { try { return readlinkSync('/proc/self/fd/' + fd).replace(/:.*/, ''); } catch { return null; } };
  console.log(JSON.stringify({ pid: process.pid, args: process.argv.slice(2), needs: needsReservedDescriptors('qemu:///embed?root=/x') }));
  reexecWithReservedDescriptors(['node', process.env.SCRIPT, 'one', 'two words']);
  console.log(JSON.stringify({ links: [3, 4, 5, 6, 7, 8, 9, 10, 20].map(link), needs: needsReservedDescriptors('qemu:///embed?root=/x') }));
  process.exitCode = 7;
`;

test('only URIs of the embedded QEMU driver need it', () => {
  expect(needsReservedDescriptors('qemu:///embed?root=/tmp/x')).toBe(true);
  for (const uri of [
    undefined,
    '',
    'qemu:///system',
    'test:///default',
    'qemu:///embedded',
    'qmp:///embed',
  ]) {
    expect(needsReservedDescriptors(uri)).toBe(false);
  }
});

describe('starting again', () => {
  // The shell gives descriptor 5 a meaning and cuts nothing else loose; a script file holds the program.
  const run = (redirections = '5</etc/passwd') =>
    execFileSync(
      'bash',
      [
        '-c',
        `d=$(mktemp -d); trap "rm -rf $d" EXIT; printf %s "$PROGRAM" >$d/p.mjs; SCRIPT=$d/p.mjs "$NODE" $d/p.mjs first ${redirections}; echo "status $?"`,
      ],
      {
        env: { ...process.env, PROGRAM: program, NODE: process.execPath, NODE_OPTIONS: '' },
        encoding: 'utf8',
      },
    );

  test('keeps the process, its output, its status and what it was given', () => {
    const lines = run().trim().split('\n');
    const [first, second, third] = lines.slice(0, 3).map((line) => JSON.parse(line));
    expect(first).toMatchObject({ args: ['first'], needs: true });
    expect(second).toEqual({ pid: first.pid, args: ['one', 'two words'], needs: false });
    const taken = third.links.slice(0, 8);
    expect(taken[2]).toBe('/etc/passwd');
    expect(taken.filter((link: string) => link === '/dev/null')).toHaveLength(7);
    expect(lines[3]).toBe('status 7');
  });

  test('is not done where all are taken from the start', () => {
    const all = [3, 4, 5, 6, 7, 8, 9, 10].map((fd) => `${fd}<>/dev/null`).join(' ');
    const lines = run(all).trim().split('\n');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ args: ['first'], needs: true });
    expect(JSON.parse(lines[1] ?? '')).toEqual({
      links: [...Array(8).fill('/dev/null'), expect.anything()],
      needs: false,
    });
    expect(lines[2]).toBe('status 7');
  });
});
