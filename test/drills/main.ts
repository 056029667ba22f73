import { parseArgs } from 'node:util';
import { bothQemuPrograms, type QemuProgram } from '../support/qemu.js';
import { fullArchive, killArchive, killArchiveBoth, killArchiver } from './archive.js';
import { badSocket } from './bad-socket.js';
import type { Drill, DrillResult } from './drill.js';
import { fullDisk } from './full-disk.js';
import { fullTree } from './full-tree.js';
import { killSink, stopSink } from './harm-sink.js';
import { instant } from './instant.js';
import { killBoth, killCommand } from './kill-command.js';
import { killQemu } from './kill-qemu.js';
import { killDelete, killRevert } from './kill-tree.js';
import { proveKept } from './prove-kept.js';
import { proveReverts } from './prove-reverts.js';
import { Random } from './random.js';
import { slowAgent } from './slow-agent.js';
import { TreeWorld } from './tree-world.js';
import { twoAtOnce } from './two-at-once.js';
import { World } from './world.js';

export const drills: readonly Drill[] = [
  killCommand,
  killBoth,
  killSink,
  killQemu,
  stopSink,
  fullDisk,
  slowAgent,
  twoAtOnce,
  badSocket,
  instant,
  killRevert,
  killDelete,
  fullTree,
  proveReverts,
  killArchive,
  killArchiveBoth,
  killArchiver,
  fullArchive,
];

/** Chains of images grow with every snapshot: a guest is given up after so many drills. */
const DRILLS_PER_GUEST = 8;
/** Deleting makes chains short again. */
const DRILLS_PER_TREE = 40;

export interface RunOptions {
  readonly seed: number;
  /** Of each kind, or of the kind of that name; without it each kind's usual number. */
  readonly count?: number | ((kind: string) => number) | undefined;
  /** Names of the kinds wanted; all, if left out. */
  readonly only?: readonly string[] | undefined;
  readonly program: QemuProgram;
  readonly snapctl: string;
  /** Told of each drill as it ends. */
  readonly onResult?: (kind: string, index: number, result: DrillResult) => void;
}

/** Runs drills one after the other. @returns for each kind how many were run, and all findings */
export async function runDrills(
  options: RunOptions,
): Promise<Map<string, { run: number; findings: string[] }>> {
  const { only, snapctl, program } = options;
  const total = new Map<string, { run: number; findings: string[] }>();
  const guests = new Guests(program, snapctl);
  try {
    for (const drill of drills.filter(({ name }) => !only || only.includes(name))) {
      // A kind's choices don't depend on which others are run.
      const random = new Random(
        options.seed + [...drill.name].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7),
      );
      const sum = { run: 0, findings: [] as string[] };
      total.set(drill.name, sum);
      const count = typeof options.count === 'function' ? options.count(drill.name) : options.count;
      for (let index = 1; index <= (count ?? drill.usual); index++) {
        const result = await runOne(drill, guests, random);
        sum.run += 1;
        sum.findings.push(
          ...result.findings.map((finding) => `${drill.name} ${index}: ${result.what}: ${finding}`),
        );
        options.onResult?.(drill.name, index, result);
      }
      if (!drill.needsGuest) await drill.finish?.();
    }
    // The last guest's snapshots are proved as those before it were.
    const findings = await guests.finish(new Random(options.seed));
    if (findings.length > 0) total.set('the last guest', { run: 1, findings });
  } finally {
    await guests.giveUp();
  }
  return total;
}

async function runOne(drill: Drill, guests: Guests, random: Random): Promise<DrillResult> {
  try {
    if (!drill.needsGuest) {
      const result = await drill.run(guests, random);
      if (result.findings.length > 0) await drill.finish?.();
      return result;
    }
    if (drill.needsGuest === 'tree') {
      const result = await drill.run(await guests.nextTree(drill.load ?? false), random);
      if (result.findings.length > 0 || guests.used >= DRILLS_PER_TREE) await guests.giveUp();
      return result;
    }
    const result = await drill.run(await guests.next(), random);
    if (result.findings.length > 0) await guests.giveUp();
    else if (guests.used >= DRILLS_PER_GUEST) return { ...result, findings: await guests.finish(random) };
    return result;
  } catch (error) {
    if (drill.needsGuest) await guests.giveUp();
    else await drill.finish?.();
    return { what: 'the drill itself failed', findings: [String((error as Error).stack ?? error)] };
  }
}

/** The guest that drills are made on, until it has had enough of them or something was found. */
class Guests {
  used = 0;
  #world: World | undefined;
  #tree: TreeWorld | undefined;
  #load = false;

  constructor(
    readonly program: QemuProgram,
    readonly snapctl: string,
  ) {}

  async nextTree(load: boolean): Promise<TreeWorld> {
    if (this.#world || this.#load !== load) await this.giveUp();
    this.#load = load;
    this.#tree ??= await TreeWorld.create(this.program, this.snapctl, { load });
    this.used += 1;
    return this.#tree;
  }

  async next(): Promise<World> {
    if (this.#tree) await this.giveUp();
    this.#world ??= await World.create(this.program, this.snapctl);
    this.used += 1;
    return this.#world;
  }

  /** Ends the guest and proves what it has left. @returns findings */
  async finish(random: Random): Promise<string[]> {
    try {
      return this.#world ? await proveKept(this.#world, random) : [];
    } finally {
      await this.giveUp();
    }
  }

  async giveUp(): Promise<void> {
    const [world, tree] = [this.#world, this.#tree];
    this.#world = undefined;
    this.#tree = undefined;
    this.used = 0;
    await world?.dispose();
    await tree?.dispose();
  }
}

/** The script: run.mjs says how it is called. @returns the exit status */
export async function main(words: string[], snapctl: string): Promise<number> {
  const { values } = parseArgs({
    args: words,
    options: {
      seed: { type: 'string', default: '1' },
      count: { type: 'string' },
      only: { type: 'string' },
      qemu: { type: 'string', default: 'both' },
    },
  });
  const wanted = bothQemuPrograms.filter(
    ([name]) => values.qemu === 'both' || (values.qemu === '10') === (name === 'QEMU 10'),
  );
  const only = values.only?.split(',');
  const unknown = only?.find((kind) => !drills.some(({ name }) => name === kind));
  if (unknown !== undefined) throw new Error(`no drill '${unknown}'`);
  let findings = 0;
  for (const [name, find] of wanted) {
    const program = await find();
    const total = await runDrills({
      seed: Number(values.seed),
      count: values.count === undefined ? undefined : Number(values.count),
      only,
      program,
      snapctl,
      onResult: (kind, index, result) => {
        console.log(
          `${result.findings.length > 0 ? 'FOUND' : 'ok   '} ${kind} ${index}: ${result.what.trim()}`,
        );
        for (const finding of result.findings) console.log(`      ${finding}`);
      },
    });
    console.log(`${name} (${program.version}), seed ${values.seed}:`);
    for (const [kind, sum] of total) {
      console.log(`  ${kind}: ${sum.run} run, ${sum.findings.length} findings`);
      findings += sum.findings.length;
    }
  }
  return findings === 0 ? 0 : 1;
}
