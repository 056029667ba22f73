// Archives of one running guest with real contents in its memory, against the ways there are without snapctl, all in
// one run on the same guest: archive.mjs [--memory MIB] [--contents MIB] [--qemu installed|10] [--json]
//
//   ours        archive-create --live: memory and disk, the guest running
//   hexz        stop; migrate to a file by exec:cat; lz4 -1 in independent blocks of 64 KiB; cont
//   lzop, zstd  stop; migrate through the compressor, as virsh save does with that image format; cont
//   exec:lz4    migrate "exec:lz4 -1 > file" of the running guest, which stops at its end; cont
//
// Needs lz4, lzop and zstd. The guest is emulated where there is no KVM: then its own load counts into every figure.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  createWriteStream,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { QmpClient } from '../dist/qmp.js';
import { buildGuest } from '../test/guest/build.mjs';
import { installedQemu } from '../test/support/bare-guest.mjs';
import { kernelArguments } from '../test/support/domain-xml.mjs';
import { prepareQemu10 } from '../test/support/qemu10.mjs';

const { values } = parseArgs({
  options: {
    memory: { type: 'string', default: '1024' },
    contents: { type: 'string', default: '300' },
    idle: { type: 'string', default: '60' },
    only: { type: 'string', default: '' },
    qemu: { type: 'string', default: 'installed' },
    json: { type: 'boolean', default: false },
  },
});
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const snapctl = join(root, 'dist/snapctl.js');
const MIB = 2 ** 20;
const folder = mkdtempSync(join(tmpdir(), 'snapctl-bench-'));
const at = (name) => join(folder, name);
process.env.SNAPCTL_STATE_DIR = at('state');

const isInstalled = (name) => !spawnSync(name, ['--version']).error;
const compressors = ['lzop', 'zstd'].filter(isInstalled);
if (!isInstalled('lz4') || compressors.length === 0) throw new Error('lz4, and zstd or lzop, are needed');
const say = (text) => console.error(text);

/**
 * Programs and libraries of this machine as a second initramfs: real contents for the guest's memory. In a folder of their
 * own: the kernel passes over files whose folder it doesn't have.
 */
async function packContents(target, bytes) {
  const stage = at('stage');
  mkdirSync(join(stage, 'contents'), { recursive: true });
  let size = 0;
  let count = 0;
  for (const place of ['/usr/bin', '/usr/lib/x86_64-linux-gnu', '/usr/lib']) {
    for (const entry of readdirSync(place, { withFileTypes: true })) {
      const path = join(place, entry.name);
      if (!entry.isFile() || size > bytes) continue;
      symlinkSync(path, join(stage, 'contents', String(++count)));
      size += statSync(path).size;
    }
  }
  const cpio = spawn('cpio', ['--quiet', '--dereference', '-o', '-H', 'newc'], {
    cwd: stage,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const names = Array.from({ length: count }, (_, index) => `contents/${index + 1}`);
  cpio.stdin.end(['contents', ...names].map((name) => `${name}\n`).join(''));
  await pipeline(cpio.stdout, createWriteStream(target, { flags: 'a' }));
}

async function startGuest() {
  const files = await buildGuest({ say });
  await copyFile(files.dataDisk, at('disk.qcow2'));
  await copyFile(files.initrd, at('initrd'));
  await packContents(at('initrd'), Number(values.contents) * MIB);
  const program = values.qemu === '10' ? await prepareQemu10({ say }) : installedQemu();
  say(`QEMU ${program.version}`);
  // A guest that is booted from its archive needs it, too.
  Object.assign(process.env, program.env);
  const qemu = spawn(
    program.qemu,
    [
      ...program.args,
      ...[
        '-name',
        'bench',
        '-accel',
        'tcg,thread=multi',
        '-cpu',
        'max',
        '-machine',
        'q35',
        '-m',
        values.memory,
      ],
      ...[
        '-nodefaults',
        '-no-user-config',
        '-display',
        'none',
        '-kernel',
        files.kernel,
        '-initrd',
        at('initrd'),
      ],
      // It counts once a second. That costs an emulated processor 100 ms: five times as often, it would be no idle guest.
      ...['-append', kernelArguments({ agent: false, tick: 1000 }), '-serial', `file:${at('serial')}`],
      ...['-qmp', `unix:${at('monitor')},server=on,wait=off`],
      ...['-blockdev', `driver=qcow2,node-name=disk0,file.driver=file,file.filename=${at('disk.qcow2')}`],
      ...['-device', 'virtio-blk-pci,drive=disk0,id=vda'],
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  await until(() => /^counter \d+$/m.test(text(at('serial'))), 600_000, 'the guest does not come up');
  return qemu;
}

const text = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

async function until(test, patience, complaint) {
  const deadline = performance.now() + patience;
  while (!(await test())) {
    if (performance.now() > deadline) throw new Error(complaint);
    await delay(20);
  }
}

/** Migrates to a command. @returns milliseconds from first stop to last resume, and in all. */
async function migrate(command, { stopped, afterwards = () => undefined }) {
  const qmp = await QmpClient.connect(at('monitor'));
  try {
    await qmp.execute('migrate-set-parameters', { 'max-bandwidth': 2 ** 40, 'downtime-limit': 300 });
    const events = qmp.listen({ events: ['STOP', 'RESUME'] });
    const started = performance.now();
    if (stopped) await qmp.execute('stop');
    await qmp.execute('migrate', { uri: `exec:${command}` });
    await until(
      async () => {
        const { status } = await qmp.execute('query-migrate');
        if (status === 'failed') throw new Error(`migrating to ${command} failed`);
        return status === 'completed';
      },
      900_000,
      'the migration does not end',
    );
    afterwards();
    await until(
      async () => (await qmp.execute('query-status')).status !== 'finish-migrate',
      10_000,
      'no end',
    );
    await qmp.execute('cont');
    const wall = performance.now() - started;
    const stop = await events.next({ timeout: 5_000 });
    const resume = await events.next({ timeout: 5_000 });
    events.close();
    return { pauseMs: (resume.timestamp - stop.timestamp) / 1000, wallMs: wall };
  } finally {
    await qmp.disconnect();
  }
}

/**
 * What a process and those that it has started take, looked at while it runs: what is theirs alone, and their share of what
 * they have in common (Pss in smaps_rollup). @returns ends it; the most there was at a time, in bytes
 */
function watchMemory(pid) {
  let peak = 0;
  const look = () => {
    const ours = readdirSync('/proc').filter(
      (entry) =>
        entry === String(pid) ||
        (/^\d+$/.test(entry) && /snapshot-archiver|snapshot-guardian/.test(text(`/proc/${entry}/cmdline`))),
    );
    const shares = ours.map((entry) =>
      Number(/^Pss:\s+(\d+)/m.exec(text(`/proc/${entry}/smaps_rollup`))?.[1] ?? 0),
    );
    peak = Math.max(peak, 1024 * shares.reduce((sum, share) => sum + share, 0));
  };
  const timer = setInterval(look, 50);
  return () => {
    clearInterval(timer);
    return peak;
  };
}

/** Twice: watched for its peak of memory, which costs it time that the other ways don't pay; and for all the rest. */
async function archive(name, ...more) {
  const { peakBytes } = await archiveOnce(name, true, more);
  rmSync(at(name));
  return { ...(await archiveOnce(name, false, more)), peakBytes };
}

async function archiveOnce(name, watched, more) {
  const file = at(name);
  const started = performance.now();
  const words = [
    '-c',
    `qmp://${at('monitor')}`,
    '--json',
    'archive-create',
    'bench',
    file,
    '--live',
    ...more,
  ];
  const child = spawn(process.execPath, [snapctl, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
  const peak = watched ? watchMemory(child.pid) : () => 0;
  let said = '';
  child.stdout.on('data', (chunk) => {
    said += chunk;
  });
  const [status] = await new Promise((resolve) => child.once('close', (...args) => resolve(args)));
  const wallMs = performance.now() - started;
  if (status !== 0) throw new Error(`archive-create ended with ${status}`);
  const facts = JSON.parse(said);
  const memory = facts.streams.find(({ name }) => name === 'memory');
  return {
    method: facts.method,
    pauseMs: facts.pauseMs,
    wallMs,
    engineMs: facts.elapsedMs,
    bytes: statSync(file).size,
    memoryBytes: memory.storedBytes,
    streamBytes: memory.size,
    peakBytes: peak(),
  };
}

/** From archive-boot to the first number that the guest counts, in milliseconds. */
async function restore() {
  const started = performance.now();
  const child = spawn(process.execPath, [snapctl, '--json', 'archive-boot', at('ours.snap')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  const path = () => /path=([^,"]*serial[^,"]*)/.exec(said)?.[1];
  await until(() => path() && /^counter \d+$/m.test(text(path())), 300_000, `no tick: ${said}`);
  const firstTickMs = performance.now() - started;
  child.kill('SIGINT');
  await new Promise((resolve) => child.once('close', resolve));
  return firstTickMs;
}

function line(name, { pauseMs, wallMs, bytes, memoryBytes, peakBytes, firstTickMs, method }) {
  const parts = [
    `stopped ${pauseMs.toFixed(0)} ms`,
    `wall ${(wallMs / 1000).toFixed(1)} s`,
    `${(bytes / MIB).toFixed(1)} MiB`,
    ...(memoryBytes ? [`memory ${(memoryBytes / MIB).toFixed(1)} MiB`] : []),
    ...(peakBytes ? [`peak ${(peakBytes / MIB).toFixed(0)} MiB`] : []),
    ...(firstTickMs ? [`first tick after ${(firstTickMs / 1000).toFixed(1)} s`] : []),
    ...(method ? [method] : []),
  ];
  return `${name.padEnd(9)} ${parts.join(', ')}`;
}

/** The archive's code on the stream that it holds. */
function codec() {
  const words = ['archive-extract', at('ours.snap'), 'memory', at('stream')];
  execFileSync(process.execPath, [snapctl, ...words], { stdio: 'ignore' });
  const said = execFileSync(
    process.execPath,
    [join(root, 'bench/archive-codec.mjs'), at('stream'), '--json'],
    {
      encoding: 'utf8',
    },
  );
  return JSON.parse(said);
}

function tellCodec({ ratio, ratioWithoutSharing, verify, lz4NapiUncompress, verifyShare, write }) {
  const rate = (value) => `${(value / 1e6).toFixed(0)} MB/s`;
  console.log(
    `bytes     ${ratioWithoutSharing.toFixed(3)} of lz4 -1 -B4, ${ratio.toFixed(3)} with equal blocks once`,
  );
  const shares = `${verifyShare.toFixed(2)} of lz4-napi's own ${rate(lz4NapiUncompress)}`;
  console.log(`verify    ${rate(verify)}, ${shares}; writing ${rate(write)}`);
}

let qemu;
try {
  qemu = await startGuest();
  // It has not all done with starting when it counts to one, and is to be an idle guest.
  await delay(10_000);
  say('the guest runs');
  const results = {};
  const only = new RegExp(values.only);
  const measure = async (name, way) => {
    if (name !== 'ours' && !only.test(name)) return;
    results[name] = await way();
    // It takes long: what there is is told, should it be cut short.
    say(line(name, results[name]));
  };
  const compress = () =>
    execFileSync('lz4', ['-q', '-1', '-B4', '-BI', '-f', at('hexz.mem'), at('hexz.lz4')]);
  await measure('ours', () => archive('ours.snap'));
  if (results.ours.method === 'precopy')
    await measure('ours, by background', () => archive('other.snap', '--method', 'background'));
  await measure('exec:lz4', async () => {
    const piped = await migrate(`lz4 -1 -c > ${at('exec.lz4')}`, { stopped: false });
    return { ...piped, bytes: statSync(at('exec.lz4')).size };
  });
  await measure('hexz', async () => {
    const saved = await migrate(`cat > ${at('hexz.mem')}`, { stopped: true, afterwards: compress });
    return { ...saved, bytes: statSync(at('hexz.lz4')).size };
  });
  for (const name of compressors) {
    await measure(name, async () => {
      const saved = await migrate(`${name} -c > ${at(name)}`, { stopped: true });
      return { ...saved, bytes: statSync(at(name)).size };
    });
  }
  if (only.test('boot')) {
    results.ours.firstTickMs = await restore();
    say(line('ours', results.ours));
  }
  await measure('thin', async () => {
    await archive('before.snap');
    await delay(Number(values.idle) * 1000);
    return archive('thin.snap', '--base', at('before.snap'));
  });
  qemu.kill('SIGKILL');
  const code = only.test('codec') ? codec() : undefined;
  if (values.json) console.log(JSON.stringify({ memory: Number(values.memory), results, codec: code }));
  else {
    for (const [name, result] of Object.entries(results)) console.log(line(name, result));
    if (code) tellCodec(code);
  }
} finally {
  qemu?.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}
