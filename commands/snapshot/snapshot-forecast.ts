import type { Snapshot } from '../../src/hypervisor/index.js';
import { childrenOf } from '../../src/snapshot/snapshot-tree.js';
import { describeDeletePlan } from './delete-plan-text.js';
import { describeRevertPlan } from './revert-plan-text.js';
import type { DomainDisk, SnapshotFacts } from './snapshot-tree.js';

/** What deciding about a snapshot needs to know. */
export interface ForecastContext {
  readonly all: readonly SnapshotFacts[];
  readonly disks: readonly DomainDisk[];
  /** libvirt's version number, as 9000000. */
  readonly version: number;
}

/** External snapshots can be gone back to since libvirt 9.9, and be deleted with their data since 9.0. */
const REVERTS_EXTERNAL = 9_009_000;
const DELETES_EXTERNAL = 9_000_000;

/** What a revert will do, to which files: the driver's own plan, or what libvirt is known to do. */
export async function forecastRevert(
  facts: SnapshotFacts,
  { disks, version }: ForecastContext,
): Promise<string[]> {
  const plan = await planned(facts.snapshot, 'planRevert');
  if (plan) return describeRevertPlan(plan).trimEnd().split('\n');
  const { description, kind, memory, files } = facts;
  const lines: string[] = [];
  if (kind === 'internal') {
    for (const { target, file, format } of disks) {
      if (!isTaken(facts, target, format)) continue;
      lines.push(`Disk ${target}: '${file}' goes back to how it was; what was written since is lost`);
    }
  } else {
    for (const { what, file } of files) {
      if (what === 'memory') continue;
      lines.push(`Disk ${what}: back to what '${file}' lies on; what was written since stays in '${file}'`);
    }
    if (version < REVERTS_EXTERNAL)
      lines.push('This libvirt refuses to go back to external snapshots (9.9 and newer can)');
  }
  lines.push(
    memory
      ? `The guest goes on from the saved memory, ${description.state ?? 'as it was'}; what it has in memory now is lost`
      : description.state === 'shutoff'
        ? 'The guest is switched off'
        : 'There is no saved memory: the guest starts from power-on, or is switched off',
  );
  return lines;
}

/** What a deletion will do, to which files. */
export async function forecastDelete(
  facts: SnapshotFacts,
  { all, disks, version }: ForecastContext,
): Promise<string[]> {
  const plan = await planned(facts.snapshot, 'planDelete');
  const children = childrenOf(all, facts.name).map(({ name }) => `'${name}'`);
  const { parent } = facts.description;
  const heirs = children.length === 0 ? [] : [heirsText(children, parent)];
  if (plan) return [...describeDeletePlan(plan).trimEnd().split('\n'), ...heirs];
  const lines: string[] = [];
  if (facts.kind === 'internal') {
    for (const { target, file, format } of disks) {
      if (isTaken(facts, target, format))
        lines.push(`Disk ${target}: the snapshot inside '${file}' is removed`);
    }
  } else if (version < DELETES_EXTERNAL) {
    lines.push('This libvirt refuses to delete external snapshots with their data (9.0 and newer can)');
  } else {
    for (const { what, file } of facts.files) {
      if (what === 'memory') lines.push(`Memory: '${file}' stays behind, of no use any more`);
      else lines.push(`Disk ${what}: '${file}' is merged into what it lies on, and removed`);
    }
  }
  lines.push('The guest goes on as it is: nothing of the present is lost');
  return [...lines, ...heirs];
}

function heirsText(children: readonly string[], parent: string | undefined): string {
  const one = children.length === 1;
  const what =
    parent === undefined ? (one ? 'a root' : 'roots') : `${one ? 'a child' : 'children'} of '${parent}'`;
  return `${children.join(', ')} ${one ? 'becomes' : 'become'} ${what}`;
}

/** Whether an internal snapshot took this disk. */
function isTaken({ description: { disks } }: SnapshotFacts, target: string, format: string): boolean {
  const listed = disks.find(({ name }) => name === target);
  return listed ? listed.snapshot === 'internal' : disks.length === 0 && format === 'qcow2';
}

type Plans = Pick<Snapshot, 'planRevert' | 'planDelete'>;

/** The driver's own plan, where it makes one. @throws HypervisorError it can't be done. */
async function planned<K extends keyof Plans>(
  snapshot: Snapshot,
  kind: K,
): Promise<Awaited<ReturnType<NonNullable<Plans[K]>>> | undefined> {
  const plan = snapshot[kind] as (() => Promise<unknown>) | undefined;
  return (await plan?.call(snapshot)) as Awaited<ReturnType<NonNullable<Plans[K]>>> | undefined;
}
