import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { GuestAgent } from '../../src/agent/index.js';
import { queryBlockGraph } from '../../src/qmp/index.js';
import { writeProtectedRanges } from '../../src/qmp/userfault.js';
import { backingFiles, guestDisks } from '../../src/snapshot/guest-disks.js';
import { readMigrationSettings } from '../../src/snapshot/migration-settings.js';
import { SnapshotStore } from '../../src/snapshot/snapshot-store.js';
import { kernelTrouble } from './kernel-trouble.js';
import { isInternal } from './operations.js';
import { processesNaming } from './processes.js';
import { checkImage, qemuImg } from './qemu-img.js';
import type { World } from './world.js';

/** A guardian may have to wait for a memory stream, and an agent. */
const QUIET_DEADLINE_MS = 90_000;

/** Waits until none of snapctl's processes works on the guest any more. @returns what is still there, and shouldn't be */
export async function untilQuiet(world: World): Promise<string[]> {
  const deadline = performance.now() + QUIET_DEADLINE_MS;
  for (;;) {
    const left = processesNaming(world.guest.folder, [world.guest.pid]);
    if (left.length === 0) return [];
    if (performance.now() > deadline) return left.map((line) => `process left: ${line}`);
    await delay(20);
  }
}

/** Looks at a guest that lives, after whatever happened to it. @returns what is wrong. */
export async function examine(world: World): Promise<string[]> {
  const findings = await untilQuiet(world);
  findings.push(...leftFiles(world));
  const qmp = await world.connect();
  try {
    const state = await qmp.execute('query-status');
    if (!state.running) findings.push(`the guest is ${state.status}`);
    const jobs = await qmp.execute('query-jobs');
    if (jobs.length > 0) findings.push(`jobs left: ${JSON.stringify(jobs)}`);
    const settings = await readMigrationSettings(qmp);
    if (JSON.stringify(settings) !== JSON.stringify(world.settings)) {
      findings.push(`migration settings differ: ${JSON.stringify(settings)}`);
    }
    const graph = await queryBlockGraph(qmp);
    const disks = guestDisks(graph);
    const chains = disks.map(({ medium }) => (medium ? backingFiles(medium.image) : []));
    const inUse = new Set(chains.flat());
    for (const [name, node] of graph.nodes) {
      if (name.startsWith('snapctl-') && !inUse.has(node.file))
        findings.push(`node left: ${name} ${node.file}`);
    }
    for (const chain of chains) findings.push(...checkChain(world, chain));
    findings.push(...(await checkSnapshots(world, chains, tagsOf(disks))));
    findings.push(...strangeFiles(world, inUse));
  } finally {
    await qmp.disconnect();
  }
  if ((await writeProtectedRanges(world.guest.pid)).length > 0)
    findings.push('memory is still write-protected');
  findings.push(...(await checkFromInside(world)));
  return findings;
}

/** Names of the snapshots that every disk's image holds itself. */
function tagsOf(disks: ReturnType<typeof guestDisks>): { every: Set<string>; some: Set<string> } {
  const all = disks.map(({ medium }) => (medium?.image.snapshots ?? []).map(({ name }) => name));
  const some = new Set(all.flat());
  return { some, every: new Set([...some].filter((name) => all.every((names) => names.includes(name)))) };
}

/** The state folder and the folder for temporary files. */
export function leftFiles(world: Pick<World, 'state' | 'temporary'>): string[] {
  const state = existsSync(world.state) ? readdirSync(world.state) : [];
  return [
    ...state
      .filter((name) => name !== 'snapshots' && name !== 'run-reason.json' && name !== 'notice')
      .map((name) => `state left: ${name}`),
    ...readdirSync(world.temporary).map((name) => `temporary file left: ${name}`),
  ];
}

/** QEMU's word for a chain against that of the images' own headers; and images that are only read now must be clean. */
export function checkChain(world: Pick<World, 'program'>, chain: readonly string[]): string[] {
  const [active, ...frozen] = chain;
  if (active === undefined) return ['a disk has no image'];
  const said = qemuImg(world.program, 'info', '-U', '--backing-chain', '--output=json', active);
  const onDisk = (JSON.parse(said) as { filename: string }[]).map(({ filename }) => filename);
  const findings: string[] = [];
  if (JSON.stringify(onDisk) !== JSON.stringify(chain)) {
    findings.push(`chain in QEMU ${JSON.stringify(chain)}, on disk ${JSON.stringify(onDisk)}`);
  }
  for (const image of frozen) {
    const { verdict, said: text } = checkImage(world.program, image, { shared: true });
    if (verdict !== 'clean') findings.push(`${image}: ${verdict}: ${text}`);
  }
  return findings;
}

/** A snapshot is there with all its parts, or not at all. */
async function checkSnapshots(
  world: World,
  chains: readonly (readonly string[])[],
  tags: { every: Set<string>; some: Set<string> },
): Promise<string[]> {
  const store = new SnapshotStore(world.state);
  const listed = new Set((await store.list()).map(({ name }) => name));
  const findings: string[] = [];
  for (const [name, operation] of world.asked) {
    const parts: Record<string, boolean> = { listed: listed.has(name) };
    if (isInternal(operation)) {
      parts['in every image'] = tags.every.has(name);
      parts['in an image'] = tags.some.has(name);
    } else {
      for (const [index, chain] of chains.entries()) {
        parts[`overlay ${index}`] = chain.some((file) => basename(file) === `disk${index}.${name}`);
      }
    }
    const memory = world.memory.get(name);
    if (memory !== undefined) parts.memory = existsSync(memory);
    // An internal snapshot's tag stays in the image that was active then, and is not seen from an overlay on it.
    const buried = isInternal(operation) && chains.every((chain) => !isTopWhenTaken(world, name, chain));
    if (buried) continue;
    const values = new Set(Object.values(parts));
    if (values.size > 1)
      findings.push(`snapshot ${name} (${operation}) is there in part: ${JSON.stringify(parts)}`);
  }
  return findings;
}

/** Whether no snapshot with overlays was taken after this one. */
function isTopWhenTaken(world: World, name: string, chain: readonly string[]): boolean {
  const names = [...world.asked.keys()];
  const later = names.slice(names.indexOf(name) + 1);
  return !later.some((other) => chain.some((file) => file.endsWith(`.${other}`)));
}

/** Files in the guest's folder that nobody needs. */
function strangeFiles(world: World, inUse: ReadonlySet<string>): string[] {
  const own = new Set(['monitor', 'agent', 'agent.real', 'serial', 'state', 't', 'full']);
  const memory = new Set(world.memory.values());
  const folders = new Set([world.guest.folder, ...[...memory].map((file) => dirname(file))]);
  return [...folders].flatMap((folder) =>
    (existsSync(folder) ? readdirSync(folder) : [])
      .filter((name) => !own.has(name) && name !== 'lost+found')
      .map((name) => `${folder}/${name}`)
      .filter(
        (file) => !inUse.has(file) && !memory.has(file) && !folders.has(file) && !file.endsWith('.image'),
      )
      .map((file) => `file left: ${file}`),
  );
}

/** The guest itself: it goes on counting, on disks that agree with its memory, and is thawed. */
export async function checkFromInside(world: Pick<World, 'guest'>): Promise<string[]> {
  const { guest } = world;
  const findings: string[] = [];
  try {
    const before = await guest.nextCounter({ timeout: 60_000 });
    const after = await guest.nextCounter({ timeout: 60_000 });
    if (after <= before) findings.push(`the guest counted from ${before} to ${after}`);
  } catch (error) {
    findings.push(`the guest stands still: ${(error as Error).message.split('\n')[0]}`);
    const trouble = kernelTrouble(guest);
    if (trouble) findings.push(`its kernel says: ${trouble}`);
  }
  const complaint = /^.*mismatch .*$|^failed atom.*$/m.exec(guest.serial.text())?.[0];
  if (complaint) findings.push(`the guest says: ${complaint}`);
  const agent = await GuestAgent.connect(guest.agent, { timeout: 20_000 }).catch((error: Error) => error);
  if (agent instanceof Error) return [...findings, `the agent doesn't answer: ${agent.message}`];
  if (await agent.isFrozen({ timeout: 20_000 })) findings.push('the guest is frozen');
  agent.close();
  return findings;
}
