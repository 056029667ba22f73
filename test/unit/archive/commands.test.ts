import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { registry } from '../../../commands/index.js';
import { createArchive, openArchive } from '../../../src/archive/index.js';
import { shapeErrors } from '../../../src/shell/index.js';
import { type CommandRun, runCommand } from '../monitor/run-command.js';
import { Random } from './random-bytes.js';
import { scratchFolder } from './scratch.js';

const scratch = scratchFolder();
const MIB = 1024 * 1024;
const BLOCK = 64 * 1024;
const contents = new Random(1).bytes(300_000);
/** Where its blocks are on the disk. */
const places = [0, 1, 2, 3, 4].map((index) => MIB + index * BLOCK);
const [base, thin, keyFile] = [scratch('base.snap'), scratch('thin.snap'), scratch('key')];

beforeAll(async () => {
  const writer = await createArchive(base, { comment: 'before the \u001b[31mupgrade' });
  await writer.document('domain.json', '{}');
  const disk = writer.disk('vda', 10 * MIB);
  await disk.writeAt(MIB, contents);
  await disk.end();
  await writer.finish();

  const opened = await openArchive(base);
  const next = await createArchive(thin, { base: opened });
  const changed = next.disk('vda', 10 * MIB);
  await changed.writeAt(MIB, Buffer.concat([Buffer.alloc(50, 9), contents.subarray(50)]));
  await changed.end();
  await next.bytes('nvram').end();
  await next.finish();
  await opened.close();

  writeFileSync(keyFile, 'the key');
  const locked = await createArchive(scratch('locked.snap'), { encryption: { keyFile } });
  await locked.document('domain.json', '{"secret":true}');
  await locked.finish();
});

const run = (line: string, options = {}): Promise<CommandRun> => runCommand(line, {}, options);

/** Runs with --json and holds what comes to the command's own shape. */
async function runJson(line: string): Promise<unknown> {
  const { stdout } = await run(line, { json: true });
  const value: unknown = JSON.parse(stdout);
  const command = await registry.lookup(line.split(' ')[0] as string);
  expect(shapeErrors(value, command?.json ?? 'any')).toEqual([]);
  return value;
}

test('archive-info describes', async () => {
  const { stdout, outcome } = await run(`archive-info ${base}`);
  expect(outcome).toBe('done');
  expect(stdout).toMatch(/^File: +\/.*base\.snap\nUUID: +[0-9a-f-]{36}\nFormat: +1\nCreated: .*\nComment: /);
  expect((await run(`archive-info ${thin}`)).stdout).toMatch(
    /Base: +base\.snap\nBase UUID: +[0-9a-f-]{36}\n/,
  );
  expect(await runJson(`archive-info ${thin}`)).toMatchObject({
    base: { name: 'base.snap' },
    encrypted: false,
  });
  expect(await runJson(`archive-info ${base}`)).toMatchObject({ version: 1, streams: [{}, {}] });
});

test('archive-list lists streams, and archives', async () => {
  const { stdout } = await run(`archive-list ${thin}`);
  expect(stdout).toContain(' Stream     Size       Blocks   Stored   Shared   Base   Zero   Bytes\n');
  expect(stdout).toMatch(/^ disk\/vda +10485760 +160 +1 +0 +4 +155 +\d+$/m);
  expect(stdout).toMatch(/^ nvram +0 +0 +0 +0 +0 +0 +0$/m);
  expect(await runJson(`archive-list ${thin}`)).toMatchObject([{ name: 'disk/vda' }, { name: 'nvram' }]);

  const folder = dirname(base);
  const listed = await run(`archive-list ${folder}`);
  expect(listed.stdout).toMatch(/^ base\.snap .*\n thin\.snap +\S+ \S+ \S+ .* KiB +base\.snap +-$/m);
  expect(listed.stdout).not.toContain('locked');
  const withKey = (await runJson(`archive-list ${folder} --key-file ${keyFile}`)) as { path: string }[];
  expect(withKey.map(({ path }) => path)).toEqual([base, thin, scratch('locked.snap')]);
});

test('archive-verify says what is damaged, and fails', async () => {
  const { outcome, stdout } = await run(`archive-verify ${thin}`);
  expect({ outcome, stdout }).toEqual({
    outcome: 'done',
    stdout: `Archive '${thin}' is sound: 5 blocks checked\n`,
  });
  const bytes = readFileSync(base);
  bytes[100_000] = (bytes[100_000] as number) ^ 1;
  const damaged = scratch('damaged');
  writeFileSync(damaged, bytes);
  const bad = await run(`archive-verify ${damaged}`);
  expect(bad.outcome).toBe('failed');
  // Chunks lie in the order in which they were compressed.
  const [, offset] =
    /^error: disk\/vda, (\d+)\+65536: archive '.*damaged' is damaged: the chunk at byte \d+ is damaged \(checksum\)\n$/.exec(
      bad.stderr,
    ) ?? [];
  expect(places).toContain(Number(offset));
  expect(await runJson(`archive-verify ${damaged}`)).toMatchObject({
    sound: false,
    damages: [{ offset: Number(offset) }],
  });
  expect(await runJson(`archive-verify ${thin} --without-base`)).toMatchObject({ sound: true });
});

test('archive-diff compares by place', async () => {
  const { stdout } = await run(`archive-diff ${base} ${thin} --ranges`);
  expect(stdout).toMatch(/^ disk\/vda +changed +10485760 +10485760 +65536$/m);
  expect(stdout).toMatch(/^ domain\.json +removed +2 +- +0$/m);
  expect(stdout).toMatch(/^ nvram +added +- +0 +0$/m);
  expect(stdout).toMatch(/^ disk\/vda +1048576 +65536$/m);
  // Archives with nothing in common have keys of their own, and are read.
  const other = scratch('other');
  const writer = await createArchive(other);
  const disk = writer.disk('vda', 10 * MIB);
  await disk.writeAt(MIB, contents);
  await disk.end();
  await writer.finish();
  expect(await runJson(`archive-diff ${base} ${other}`)).toMatchObject([
    { name: 'domain.json', state: 'removed' },
    { name: 'disk/vda', state: 'same', changedBytes: 0 },
  ]);
});

test('archive-extract writes a new file, and salvages', async () => {
  const target = scratch('out.raw');
  const { stdout } = await run(`archive-extract ${thin} disk/vda ${target}`);
  expect(stdout).toBe(`Stream 'disk/vda' written to '${target}': 10485760 bytes\n`);
  expect(
    readFileSync(target)
      .subarray(MIB + 50, MIB + contents.length)
      .equals(contents.subarray(50)),
  ).toBe(true);
  const { mode, blocks, size } = statSync(target);
  expect([mode & 0o777, size]).toEqual([0o600, 10 * MIB]);
  expect(blocks * 512).toBeLessThan(MIB);

  expect((await run(`archive-extract ${thin} disk/vda ${target}`)).stderr).toBe(
    `error: cannot write '${target}': File exists\n`,
  );
  expect((await run(`archive-extract ${thin} disk/vdb ${scratch('x')}`)).stderr).toBe(
    `error: archive '${thin}' has no stream 'disk/vdb'\n`,
  );

  const cut = scratch('cut');
  writeFileSync(cut, readFileSync(base));
  truncateSync(cut, 250_000);
  expect((await run(`archive-extract ${cut} disk/vda ${scratch('cut.raw')}`)).stderr).toContain(
    'its end is missing',
  );
  const salvaged = await run(`archive-extract ${cut} disk/vda ${scratch('cut.raw')} --salvage`);
  expect(salvaged.outcome).toBe('done');
  expect(salvaged.stderr).toMatch(/^warning: archive '.*cut': its end is missing/);
  const raw = readFileSync(scratch('cut.raw'));
  const block = (bytes: Buffer, at: number): Buffer => bytes.subarray(at, Math.min(at + BLOCK, bytes.length));
  const kept = places.filter((at) =>
    block(raw.subarray(0, MIB + contents.length), at).equals(block(contents, at - MIB)),
  );
  // 250,000 bytes hold three of them, and in the order in which they were compressed perhaps the short one as well.
  expect([3, 4]).toContain(kept.length);
  for (const at of places.filter((each) => !kept.includes(each)))
    expect(raw.subarray(at, at + BLOCK).every((byte) => byte === 0)).toBe(true);
  expect(await runJson(`archive-extract ${cut} disk/vda ${scratch('cut2.raw')} --salvage`)).toMatchObject({
    stream: 'disk/vda',
    bytes: 10 * MIB,
  });
});

test('what cannot be opened is told in a line', async () => {
  expect((await run(`archive-info ${scratch('none')}`)).stderr).toBe(
    `error: cannot open '${scratch('none')}': No such file or directory\n`,
  );
  const locked = scratch('locked.snap');
  expect((await run(`archive-verify ${locked}`)).stderr).toBe(
    `error: archive '${locked}' is encrypted: its passphrase or key file is needed\n`,
  );
  expect((await run(`archive-verify ${locked} --key-file ${base}`)).stderr).toContain('is not its key');
  expect((await run(`archive-verify ${locked} --key-file ${scratch('none')}`)).stderr).toBe(
    `error: cannot open '${scratch('none')}': No such file or directory\n`,
  );
  expect((await run(`archive-verify ${locked} --passphrase`)).stderr).toContain('on a terminal only');
});
