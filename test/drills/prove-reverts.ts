import { GuestAgent } from '../../src/agent/index.js';
import type { DrillResult, TreeDrill } from './drill.js';
import { examineTree } from './examine-tree.js';
import { checkFileSystem } from './file-system.js';
import type { Taken, TreeWorld } from './tree-world.js';

const methods = ['background', 'precopy', 'stopped'] as const;

/** A snapshot under load by one of the methods, and how long the guest had been up around it, in seconds. */
interface Moment {
  readonly taken: Taken;
  readonly up: readonly [from: number, to: number];
}

interface Moments {
  readonly byMethod: ReadonlyMap<string, Moment>;
  /** What `snapshot-list --tree` says from then on. */
  readonly tree: string;
}

const known = new WeakMap<TreeWorld, Moments>();

/**
 * Three snapshots of a guest under load, one by each method, are gone back to in turn, again and again: each time the
 * guest must be what it was at that moment.
 */
export const proveReverts: TreeDrill = {
  name: 'prove reverts',
  usual: 50,
  needsGuest: 'tree',
  load: true,
  async run(world): Promise<DrillResult> {
    const moments = known.get(world) ?? (await takeAll(world));
    known.set(world, moments);
    const findings: string[] = [];
    const what: string[] = [];
    for (const [method, moment] of moments.byMethod) {
      const [length, wrong] = await prove(world, moment, moments.tree);
      findings.push(...wrong.map((text) => `${method}: ${text}`));
      what.push(`${method} ${length} ms`);
    }
    return { what: `back in ${what.join(', ')}`, findings };
  },
};

async function takeAll(world: TreeWorld): Promise<Moments> {
  const byMethod = new Map<string, Moment>();
  for (const method of methods) {
    const from = await uptime(world);
    // Without --live it is stopped anyway, and no method can be chosen.
    const taken =
      method === 'stopped' ? await world.take('stopped') : await world.take(true, ['--method', method]);
    byMethod.set(method, { taken, up: [from, await uptime(world)] });
  }
  return { byMethod, tree: await world.must('snapshot-list', 'tiny', '--tree') };
}

/** @returns how long the revert took, in ms, and what is wrong */
async function prove(world: TreeWorld, { taken, up }: Moment, tree: string): Promise<[number, string[]]> {
  const { guest, program } = world;
  const findings: string[] = [];
  const [pid] = world.qemus;
  const from = guest.serial.end();
  const started = performance.now();
  await world.must('snapshot-revert', 'tiny', taken.name);
  const length = Math.round(performance.now() - started);
  if (world.qemus[0] === pid) findings.push('the same QEMU runs');

  // Memory and both disks are of one moment: the guest compares them before each write.
  const atom = await guest.serial.waitFor(/^atom \d+$/, { from: guest.serial.end(), timeout: 60_000 });
  if (!atom) findings.push('it does not compare');
  await guest.nextCounter({ timeout: 60_000 });
  const numbers = guest.serial.numbers('counter', from);
  const jump = numbers.findIndex((number, index) => index > 0 && number !== (numbers[index - 1] ?? 0) + 1);
  const first = numbers[Math.max(jump, 0)] ?? -1;
  if (first < taken.span[0] || first > taken.span[1])
    findings.push(`it counts from ${first}, the snapshot is from ${taken.span.join(' to ')}`);
  const complaint = /^(.*mismatch .*|ready.*|failed.*)$/m.exec(guest.serial.text(from))?.[0];
  if (complaint) findings.push(`it says: ${complaint}`);

  // Its uptime goes on from that of the moment, by no more than the time since.
  const now = await uptime(world);
  const since = (performance.now() - started) / 1000;
  if (now < up[0] || now > up[1] + since)
    findings.push(`up for ${now} s, at the snapshot ${up.join(' to ')} s`);

  const qmp = await world.connect();
  try {
    await qmp.execute('stop');
    for (const { inserted } of (await qmp.execute('query-block')).slice(0, 2))
      checkFileSystem(program, inserted?.file ?? '');
    await qmp.execute('cont');
  } finally {
    await qmp.disconnect();
  }
  const said = await world.must('snapshot-list', 'tiny', '--tree');
  if (said !== tree) findings.push(`the tree is now ${said}`);
  const current = (await world.must('snapshot-current', 'tiny', '--name')).trim();
  if (current !== taken.name) findings.push(`the current snapshot is ${current}`);
  findings.push(...(await examineTree(world, { deep: false })));
  return [length, findings];
}

/** Seconds since the guest booted, as it says itself. */
async function uptime({ guest }: TreeWorld): Promise<number> {
  // An emulated guest under load, on a machine that may be busy.
  const patience = { timeout: 30_000 };
  const agent = await GuestAgent.connect(guest.agent, patience);
  try {
    await agent.ping(patience);
    const file = { path: '/proc/uptime', mode: 'r' };
    const handle = await agent.execute('guest-file-open', file, patience);
    const answer = (await agent.execute('guest-file-read', { handle }, patience)) as { 'buf-b64': string };
    await agent.execute('guest-file-close', { handle }, patience);
    return Number.parseFloat(Buffer.from(answer['buf-b64'], 'base64').toString());
  } finally {
    agent.close();
  }
}
