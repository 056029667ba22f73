// Archives of one running guest with real contents in its memory, against the ways there are without snapctl, all in
// one run on the same guest: archive.mjs [--memory MIB] [--contents MIB] [--json]
//
//   ours        archive-create --live: memory and disk, the guest running
//   hexz        stop; migrate to a file by exec:cat; lz4 -1 in independent blocks of 64 KiB; cont
//   lzop, zstd  stop; migrate through the compressor, as virsh save does with that image format; cont
//   exec:lz4    migrate "exec:lz4 -1 > file" of the running guest, which stops at its end; cont
//
// Needs lz4, lzop and zstd. The guest is emulated where there is no KVM: then its own load counts into every figure.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createWriteStream, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { QmpClient } from '../dist/qmp.js';
import { kernelArguments, tinyGuest } from '../test/support/qemu-guest.mjs';

const { values } = parseArgs({
  options: {
    memory: { type: 'string', default: '1024' },
    contents: { type: 'string', default: '400' },
    json: { type: 'boolean', default: false },
  },
});
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const snapctl = join(root, 'dist/snapctl.js');
const MIB = 2 ** 20;
const folder = mkdtempSync(join(tmpdir(), 'snapctl-bench-'));
const at = (name) => join(folder, name);
process.env.SNAPCTL_STATE_DIR = at('state');

const missing = ['lz4', 'lzop', 'zstd'].filter((name) => spawnSync(name, ['--version']).error);
if (missing.length > 0) throw new Error(`not installed: ${missing.join(', ')}`);

/** Programs and libraries of this machine as a second initramfs: real contents for the guest's memory. */
async function packContents(target, bytes) {
  const files = [];
  let size = 0;
  for (const place of ['/usr/bin', '/usr/lib/x86_64-linux-gnu', '/usr/lib']) {
    for (const entry of readdirSync(place, { withFileTypes: true })) {
      const path = join(place, entry.name);
      if (!entry.isFile() || size > bytes) continue;
      files.push(path);
      size += statSync(path).size;
    }
  }
  const cpio = spawn('cpio', ['--quiet', '-o', '-H', 'newc'], {
    cwd: '/',
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  cpio.stdin.end(files.map((path) => `.${path}\n`).join(''));
  await pipeline(cpio.stdout, createWriteStream(target, { flags: 'a' }));
}

async function startGuest() {
  const files = await tinyGuest();
  await copyFile(files.dataDisk, at('disk.qcow2'));
  await copyFile(files.initrd, at('initrd'));
  await packContents(at('initrd'), Number(values.contents) * MIB);
  const qemu = spawn(
    'qemu-system-x86_64',
    [
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
      ...['-append', kernelArguments({ agent: false, tick: 20 }), '-serial', `file:${at('serial')}`],
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

/** Peak resident bytes of a process and all that it has started, looked at while it runs. */
function watchMemory(pid) {
  const peaks = new Map();
  const look = () => {
    for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      const line = text(`/proc/${entry}/cmdline`);
      if (Number(entry) !== pid && !/snapshot-archiver|snapshot-guardian/.test(line)) continue;
      const peak = Number(/^VmHWM:\s+(\d+)/m.exec(text(`/proc/${entry}/status`))?.[1] ?? 0) * 1024;
      peaks.set(entry, Math.max(peak, peaks.get(entry) ?? 0));
    }
  };
  const timer = setInterval(look, 50);
  return () => {
    clearInterval(timer);
    return Math.max(0, ...peaks.values());
  };
}

async function ours() {
  const file = at('ours.snap');
  const started = performance.now();
  const words = ['-c', `qmp://${at('monitor')}`, '--json', 'archive-create', 'bench', file, '--live'];
  const child = spawn(process.execPath, [snapctl, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
  const peak = watchMemory(child.pid);
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

/** From archive-boot to the first number that the guest counts. */
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
  return { firstTickMs };
}

let qemu;
try {
  qemu = await startGuest();
  const results = {};
  results.ours = await ours();
  results.ours.firstTickMs = (await restore()).firstTickMs;
  results.hexz = await migrate(`cat > ${at('hexz.mem')}`, {
    stopped: true,
    afterwards: () => execFileSync('lz4', ['-1', '-B4', '-BI', '-f', '-q', at('hexz.mem'), at('hexz.lz4')]),
  });
  results.hexz.bytes = statSync(at('hexz.lz4')).size;
  for (const name of ['lzop', 'zstd']) {
    results[name] = await migrate(`${name} -c > ${at(name)}`, { stopped: true });
    results[name].bytes = statSync(at(name)).size;
  }
  results['exec:lz4'] = await migrate(`lz4 -1 -c > ${at('exec.lz4')}`, { stopped: false });
  results['exec:lz4'].bytes = statSync(at('exec.lz4')).size;
  if (values.json) console.log(JSON.stringify({ memory: Number(values.memory), results }));
  else {
    for (const [name, { pauseMs, wallMs, bytes, peakBytes, firstTickMs, method }] of Object.entries(
      results,
    )) {
      const parts = [
        `stopped ${pauseMs.toFixed(0)} ms`,
        `wall ${(wallMs / 1000).toFixed(1)} s`,
        `${(bytes / MIB).toFixed(1)} MiB`,
        ...(peakBytes ? [`peak ${(peakBytes / MIB).toFixed(0)} MiB`] : []),
        ...(firstTickMs ? [`first tick after ${(firstTickMs / 1000).toFixed(1)} s`] : []),
        ...(method ? [method] : []),
      ];
      console.log(`${name.padEnd(9)} ${parts.join(', ')}`);
    }
  }
} finally {
  qemu?.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}
