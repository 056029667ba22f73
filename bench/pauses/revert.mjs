import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { QmpClient } from '../../dist/qmp.js';
import { milliseconds } from './clock.mjs';
import { Heartbeat } from './heartbeat.mjs';

/**
 * Going back to a snapshot: `snapshot-revert` against a bare `qemu -incoming` of the same stream on the same image, both
 * from the start of the program to the first heartbeat of the guest that goes on.
 */
export async function measureRevert(world, rounds, { say }) {
  const results = { 'snapctl snapshot-revert': [], 'qemu -incoming': [] };
  const [frozen] = world.guest.disks;
  const memory = join(world.guest.folder, 'back.mem');
  const overlay = join(world.guest.folder, 'back.qcow2');
  const where = ['--memspec', `file=${memory}`, '--diskspec', `vda,file=${overlay}`];
  await world.snapctl('snapshot-create-as', 'tiny', 'back', '--live', ...where);
  for (let round = 1; round <= rounds; round++) {
    const ours = await revert(world);
    results['snapctl snapshot-revert'].push(ours);
    const bare = await incoming(world, { frozen, memory });
    results['qemu -incoming'].push(bare);
    const [first, second] = [ours, bare].map(({ runsMs }) => `${runsMs.toFixed(0)} ms`);
    say(`  ${round}/${rounds} snapshot-revert: runs after ${first}; qemu -incoming: after ${second}`);
  }
  return results;
}

async function revert(world) {
  await delay(500);
  await world.heartbeat.steady();
  const { from, to, cpuMs, peakMiB } = await world.snapctl('snapshot-revert', 'tiny', 'back');
  const runsAt = await world.heartbeat.firstBeatOfSuccessor(from);
  const gapMs = await world.heartbeat.longestSilence(from, runsAt);
  return { runsMs: runsAt - from, totalMs: to - from, gapMs, cpuMs, peakMiB };
}

async function incoming(world, { frozen, memory }) {
  const { commandLine, folder, program } = world.guest;
  // One guest at a time has the processors.
  const standing = await QmpClient.connect(world.guest.monitor);
  await standing.execute('stop');
  const place = mkdtempSync(join(tmpdir(), 'snapctl-incoming-'));
  let heartbeat;
  let child;
  try {
    world.guest.createImage('-f', 'qcow2', '-b', frozen, '-F', 'qcow2', join(place, 'disk0.qcow2'));
    const [qemu, ...words] = commandLine.map((word) => word.replaceAll(folder, place));
    heartbeat = new Heartbeat(join(place, 'heartbeat'));
    const from = milliseconds();
    child = spawn(qemu, [...words, '-incoming', `exec:cat ${memory}`], {
      env: { ...process.env, ...program.env },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const qmp = await connected(join(place, 'monitor'));
    while ((await qmp.execute('query-status')).status === 'inmigrate') await delay(2);
    // The stream is of a guest that was stopped for it.
    await qmp.execute('cont');
    const runsAt = await heartbeat.firstBeatAfter(from);
    await qmp.disconnect();
    return { runsMs: runsAt - from };
  } finally {
    await heartbeat?.close();
    if (child) {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    }
    rmSync(place, { recursive: true, force: true });
    await standing.execute('cont');
    await standing.disconnect();
  }
}

async function connected(path) {
  for (let waited = 0; ; waited += 2) {
    try {
      return await QmpClient.connect(path);
    } catch (error) {
      if (waited > 30_000) throw error;
      await delay(2);
    }
  }
}
