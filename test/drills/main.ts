import { parseArgs } from 'node:util';
import { type QemuProgram, qemuPrograms } from '../support/qemu.js';
import { badSocket } from './bad-socket.js';
import type { Drill, DrillResult } from './drill.js';
import { fullDisk } from './full-disk.js';
import { killSink, stopSink } from './harm-sink.js';
import { instant } from './instant.js';
import { killBoth, killCommand } from './kill-command.js';
import { killQemu } from './kill-qemu.js';
import { proveKept } from './prove-kept.js';
import { Random } from './random.js';
import { slowAgent } from './slow-agent.js';
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
];

/** Chains of images grow with every snapshot: a guest is given up after so many drills. */
const DRILLS_PER_GUEST = 8;

export interface RunOptions {
  readonly seed: number;
  /** Of each kind; without it each kind's usual number. */
  readonly count?: number | undefined;
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
  for (const drill of drills.filter(({ name }) => !only || only.includes(name))) {
    // A kind's choices don't depend on which others are run.
    const random = new Random(options.seed + drill.name.length * 7919 + drill.name.charCodeAt(5));
    const sum = { run: 0, findings: [] as string[] };
    total.set(drill.name, sum);
    let world: World | undefined;
    let used = 0;
    const giveUp = async (): Promise<void> => {
      const old = world;
      world = undefined;
      used = 0;
      await old?.dispose();
    };
    try {
      for (let index = 1; index <= (options.count ?? drill.usual); index++) {
        let result: DrillResult;
        try {
          if (drill.needsGuest) {
            world ??= await World.create(program, snapctl);
            used += 1;
            result = await drill.run(world, random);
            if (used === DRILLS_PER_GUEST && result.findings.length === 0) {
              result = { ...result, findings: await proveKept(world, random) };
            }
          } else {
            result = await drill.run({ program, snapctl }, random);
          }
        } catch (error) {
          result = { what: 'the drill itself failed', findings: [String((error as Error).stack ?? error)] };
        }
        sum.run += 1;
        sum.findings.push(
          ...result.findings.map((finding) => `${drill.name} ${index}: ${result.what}: ${finding}`),
        );
        options.onResult?.(drill.name, index, result);
        if (result.findings.length > 0 || used >= DRILLS_PER_GUEST) await giveUp();
      }
    } finally {
      await giveUp();
    }
  }
  return total;
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
  const wanted = qemuPrograms.filter(
    ([name]) => values.qemu === 'both' || (values.qemu === '10') === (name === 'QEMU 10'),
  );
  let findings = 0;
  for (const [name, find] of wanted) {
    const program = await find();
    const total = await runDrills({
      seed: Number(values.seed),
      count: values.count === undefined ? undefined : Number(values.count),
      only: values.only?.split(','),
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
