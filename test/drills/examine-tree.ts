import { existsSync, readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { queryBlockGraph } from '../../src/qmp/index.js';
import { halfDeletedDisks } from '../../src/snapshot/delete-document.js';
import { readLayers } from '../../src/snapshot/delete-layers.js';
import { backingFiles, guestDisks } from '../../src/snapshot/guest-disks.js';
import { domainDisks } from '../../src/snapshot/relaunch-images.js';
import { checkChain, checkFromInside, leftFiles } from './examine.js';
import { processesNaming } from './processes.js';
import { qemuImg } from './qemu-img.js';
import type { TreeWorld } from './tree-world.js';

const QUIET_DEADLINE_MS = 120_000;

export interface ExamineTreeOptions {
  /** The guest is to be paused. */
  readonly paused?: boolean;
  /** Whether to compare what every snapshot's disks hold; they do, if left out. */
  readonly deep?: boolean;
}

/** Waits until no process of snapctl's works on the guest any more, and one QEMU is left. @returns what is wrong */
export async function untilTreeQuiet(world: TreeWorld): Promise<string[]> {
  const deadline = performance.now() + QUIET_DEADLINE_MS;
  for (;;) {
    const qemus = world.qemus;
    const others = processesNaming(world.guest.folder, qemus);
    if (others.length === 0 && qemus.length === 1) return [];
    if (performance.now() > deadline)
      return [...others.map((line) => `process left: ${line}`), `QEMUs: ${qemus.join(', ') || 'none'}`];
    await delay(20);
  }
}

/** Looks at a guest and its snapshots after whatever happened to a revert or a deletion. @returns what is wrong */
export async function examineTree(
  world: TreeWorld,
  { paused = false, deep = true }: ExamineTreeOptions = {},
): Promise<string[]> {
  const findings = [...(await untilTreeQuiet(world)), ...leftFiles(world)];
  if (findings.length > 0) return findings;
  const qmp = await world.connect();
  const needed = new Set(world.bases);
  try {
    const state = await qmp.execute('query-status');
    if (state.running === paused) findings.push(`the guest is ${state.status}`);
    const jobs = await qmp.execute('query-jobs');
    if (jobs.length > 0) findings.push(`jobs left: ${JSON.stringify(jobs)}`);
    const graph = await queryBlockGraph(qmp);
    const chains = guestDisks(graph).map(({ medium }) => (medium ? backingFiles(medium.image) : []));
    for (const chain of chains) {
      findings.push(...checkChain(world, chain));
      for (const file of chain) needed.add(file);
    }
    for (const { file } of graph.nodes.values())
      if (file && !needed.has(file)) findings.push(`node left: ${file}`);
  } finally {
    await qmp.disconnect();
  }
  findings.push(...(await checkDocuments(world, needed)));
  for (const { file } of await readLayers(world.state)) {
    if (!existsSync(file)) findings.push(`kept layer is gone: ${file}`);
    needed.add(file);
  }
  findings.push(...strangeFiles(world, needed), ...(deep ? await world.changedStates() : []));
  if (!paused) findings.push(...(await checkFromInside(world)));
  return findings;
}

/** Every snapshot that there is has all its parts. @param needed is given their files. */
async function checkDocuments(world: TreeWorld, needed: Set<string>): Promise<string[]> {
  const findings: string[] = [];
  for (const { name, description, xml } of await world.store.list()) {
    const { memory, parent } = description;
    const half = halfDeletedDisks(xml).length > 0;
    if (parent !== undefined && !(await world.store.find(parent)))
      findings.push(`parent ${parent} of ${name} is not there`);
    const overlays = description.disks.flatMap(({ file }) => (file === undefined ? [] : [file]));
    const frozen = [...domainDisks(xml).values()].map(({ file }) => file);
    for (const file of [...overlays, ...frozen]) {
      if (existsSync(file)) {
        const said = qemuImg(world.program, 'info', '-U', '--backing-chain', '--output=json', file);
        for (const { filename } of JSON.parse(said) as { filename: string }[]) needed.add(filename);
      } else if (!half && frozen.includes(file)) findings.push(`${file} of ${name} is not there`);
    }
    if (memory?.snapshot === 'external' && memory.file !== undefined) {
      needed.add(memory.file);
      if (!half && !existsSync(memory.file)) findings.push(`${memory.file} of ${name} is not there`);
    }
  }
  return findings;
}

function strangeFiles(world: TreeWorld, needed: ReadonlySet<string>): string[] {
  const own = new Set(['monitor', 'agent', 'serial', 'state', 't', 'full']);
  return readdirSync(world.guest.folder)
    .filter((name) => !own.has(name) && !needed.has(`${world.guest.folder}/${name}`))
    .map((name) => `file left: ${name}`);
}
