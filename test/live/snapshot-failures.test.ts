import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createRules } from '../../src/snapshot/flag-rules.js';
import type { TinyGuest } from '../support/embed.mjs';
import { PrivateDaemon } from '../support/private-daemon.js';

/** A file system of its own can only be mounted by root. */
const asRoot = process.getuid?.() === 0 ? test : test.skip;

describe('a snapshot that fails leaves nothing behind', () => {
  let daemon: PrivateDaemon;
  let guest: TinyGuest;
  let mounted: string | undefined;
  const name = 'silent';

  beforeAll(async () => {
    daemon = await PrivateDaemon.start();
    // There is a channel, but nobody in the guest answers on it.
    guest = await daemon.startGuest(name, { disks: 2, agent: false });
  }, 180_000);

  afterAll(async () => {
    if (mounted) execFileSync('umount', ['--lazy', mounted]);
    await daemon?.stop();
  }, 30_000);

  const inFolder = (file: string): string => join(guest.folder, file);

  /** Everything that a failed command could have changed. */
  const surroundings = async (): Promise<object> => ({
    domain: await daemon.must(`domstate ${name}; domblklist ${name}; snapshot-list ${name}`),
    files: readdirSync(guest.folder, { recursive: true }).sort(),
  });

  /** Runs a command that must fail, as virsh does, and compares what was before with what is after. */
  const expectFailure = async (
    words: readonly string[],
    stderr: RegExp,
    { likeVirsh = true }: { likeVirsh?: boolean } = {},
  ): Promise<void> => {
    const before = await surroundings();
    const ours = await daemon.run(['snapshot-create-as', name, ...words]);
    expect(ours.stderr).toMatch(stderr);
    expect(ours).toMatchObject({ code: 1, signal: null, stdout: '\n' });
    if (likeVirsh) {
      const theirs = await daemon.run(['snapshot-create-as', name, ...words], { tool: 'virsh' });
      expect(ours).toEqual(theirs);
    }
    expect(await surroundings()).toEqual(before);
    const counter = await guest.nextCounter();
    expect(await guest.nextCounter()).toBeGreaterThan(counter);
    expect(guest.serial.text()).not.toMatch(/^mismatch/m);
  };

  const memory = (path: string): string[] => ['--memspec', `file=${path}`];
  const disk = (target: string, path: string): string[] => ['--diskspec', `${target},file=${path}`];

  test('no agent answers', async () => {
    await expectFailure(['q', '--disk-only', '--quiesce'], /^error: .*agent is not connected$/m);
  }, 60_000);

  test('an image exists and holds data', async () => {
    writeFileSync(inFolder('precious'), 'precious');
    const overlays = [...disk('vda', inFolder('vda.e')), ...disk('vdb', inFolder('precious'))];
    await expectFailure(['e', '--disk-only', ...overlays], /already exists and is not a block device/);
    await expectFailure(
      ['e', ...memory(inFolder('e.mem')), ...overlays],
      /already exists and is not a block device/,
    );
    expect(readFileSync(inFolder('precious'), 'utf8')).toBe('precious');
  }, 90_000);

  test('the memory file exists and holds data, which libvirt would overwrite', async () => {
    for (const live of [[], ['--live']]) {
      await expectFailure(
        ['m', ...live, ...memory(inFolder('precious'))],
        /^error: external snapshot file for memory already exists, use --reuse-external to overwrite it: .*precious$/m,
        { likeVirsh: false },
      );
    }
    expect(readFileSync(inFolder('precious'), 'utf8')).toBe('precious');
  }, 90_000);

  test('a folder does not exist, with the other image and the memory in one that does', async () => {
    const overlays = [...disk('vda', inFolder('vda.n')), ...disk('vdb', inFolder('nowhere/vdb.n'))];
    await expectFailure(['n', '--disk-only', ...overlays], /nowhere\/vdb\.n.*No such file or directory/);
    await expectFailure(
      ['n', ...memory(inFolder('n.mem')), ...overlays],
      /nowhere\/vdb\.n.*No such file or directory/,
    );
    await expectFailure(
      ['n', ...memory(inFolder('nowhere/n.mem'))],
      /nowhere\/n\.mem.*No such file or directory/,
    );
  }, 120_000);

  test('a folder may not be written to', async () => {
    const folder = daemon.makeFolder(inFolder('locked'), 0o555);
    const overlays = [...disk('vda', inFolder('vda.l')), ...disk('vdb', join(folder, 'vdb.l'))];
    await expectFailure(['l', '--disk-only', ...overlays], /locked\/vdb\.l.*Permission denied/);
    await expectFailure(
      ['l', '--live', ...memory(join(folder, 'l.mem'))],
      /locked\/l\.mem.*Permission denied/,
    );
  }, 90_000);

  test('there is no such disk', async () => {
    await expectFailure(['u', '--disk-only', '--diskspec', 'vdz'], /no disk named 'vdz'/);
    await expectFailure(
      ['u', ...memory(inFolder('u.mem')), '--diskspec', 'vda', '--diskspec', 'vdz'],
      /no disk named 'vdz'/,
    );
  }, 60_000);

  test('a snapshot has that name', async () => {
    await daemon.must('snapshot-create-as', name, 'taken');
    await expectFailure(['taken'], /already exists/);
    await expectFailure(['taken', ...memory(inFolder('taken.mem'))], /already exists/);
    await daemon.must('snapshot-delete', name, 'taken');
  }, 90_000);

  asRoot(
    'the disk is full',
    async () => {
      const folder = inFolder('small');
      mkdirSync(folder);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'none', folder]);
      mounted = folder;
      await expectFailure(['f', ...memory(join(folder, 'f.mem'))], /No space left on device/);
      await expectFailure(['f', '--live', ...memory(join(folder, 'f.mem'))], /No space left on device/);
      // Too little for the second image, after memory and the first one are written.
      writeFileSync(join(folder, 'filler'), Buffer.alloc(3_000_000));
      const overlays = [...disk('vda', inFolder('vda.f')), ...disk('vdb', join(folder, 'vdb.f'))];
      await expectFailure(['f', '--disk-only', ...overlays], /No space left on device|vdb\.f/);
      await expectFailure(['f', ...memory(inFolder('f.mem')), ...overlays], /No space left on device|vdb\.f/);
    },
    120_000,
  );

  test('the rules of the flags are the hypervisor’s own', async () => {
    const told = async (...words: string[]): Promise<string> => (await daemon.run(words)).stderr;
    const rules = createRules.map(({ message }) => `error: ${message}\n`);
    const seen = [
      await told('snapshot-create', name, '--current'),
      await told('snapshot-create', name, '--redefine', '--no-metadata'),
      await told('snapshot-create-as', name, 'r', '--quiesce'),
      await told('snapshot-create', name, '--redefine', '--live'),
      await told('snapshot-create-as', name, 'r', '--live'),
      await told('snapshot-create-as', name, 'r', '--live', '--disk-only'),
      await told('snapshot-create-as', name, 'r', '--memspec', 'snapshot=no'),
    ];
    for (const text of seen) expect(rules).toContain(text);
    expect(new Set(seen).size).toBe(6);
  }, 90_000);
});
