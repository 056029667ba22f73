import { rm, stat } from 'node:fs/promises';
import {
  VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY,
  VIR_DOMAIN_SNAPSHOT_CREATE_HALT,
  VIR_DOMAIN_SNAPSHOT_CREATE_LIVE,
  VIR_DOMAIN_SNAPSHOT_CREATE_NO_METADATA,
  VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE,
  VIR_DOMAIN_SNAPSHOT_CREATE_REUSE_EXT,
} from '../../src/hypervisor/constants.js';
import type { Domain, Snapshot } from '../../src/hypervisor/index.js';
import { CommandError, type Context, InterruptedError, runDomainJob } from '../../src/shell/index.js';
import { type JobMeasurement, lastSnapshotJob } from '../../src/snapshot/job-measurement.js';
import { holdsData, memoryFileHere } from '../../src/snapshot/memory-file.js';
import { createWithEngine, type EngineWishes } from './create-with-engine.js';
import { createWithFallbacks } from './create-with-fallbacks.js';
import { finishedAnyway } from './finished-anyway.js';
import { takenSummary } from './taken-summary.js';

/** Of a snapshot of which nothing else is known. */
const WORTH_TELLING_MS = 1000;

/**
 * Makes the snapshot that some XML asks for, as both creating commands do.
 * @param flags VIR_DOMAIN_SNAPSHOT_CREATE_*.
 * @param wishes what only snapctl's own engine can do.
 * @param file where the XML was read from, if from a file.
 * @throws InterruptedError there is no such snapshot then, and the guest runs as before; CommandError,
 *   HypervisorError.
 */
export async function createSnapshot(
  context: Context,
  domain: Domain,
  xml: string,
  flags: number,
  wishes: EngineWishes,
  file?: string,
): Promise<void> {
  const from = file === undefined ? '' : ` from '${file}'`;
  if (context.connection.ownEngine) {
    const name = await createWithEngine(context, domain, xml, flags, wishes);
    context.output.extra(`Domain snapshot ${name} created${from}`);
    return;
  }
  if (wishes.method !== undefined) {
    throw new CommandError(
      '--method is for guests that are reached directly (qmp:); libvirt takes its own way',
    );
  }
  const memoryFile = await memoryFileHere(context.connection, domain, xml, flags);
  const overwrite = (flags & VIR_DOMAIN_SNAPSHOT_CREATE_REUSE_EXT) !== 0;
  const occupied = memoryFile !== undefined && (await holdsData(memoryFile));
  if (occupied && !overwrite) {
    throw new CommandError(
      `external snapshot file for memory already exists, use --reuse-external to overwrite it: ${memoryFile}`,
    );
  }
  if (memoryFile !== undefined && (flags & VIR_DOMAIN_SNAPSHOT_CREATE_LIVE) !== 0) {
    await warnOfLostWrites(context, domain);
  }
  const begun = performance.now();
  const { value: snapshot, interrupted } = await runDomainJob(
    context,
    domain,
    () => createWithFallbacks(domain, xml, flags, file === undefined),
    { onInterrupt: () => tell(context, 'Interrupted: giving the snapshot up') },
  );
  if (interrupted && (flags & VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE) === 0) {
    await takeBack(snapshot, flags, occupied ? undefined : memoryFile);
  }
  const milliseconds = performance.now() - begun;
  // The deletion of a snapshot may leave files, and whoever looks for such must know them for what they are.
  await noteFiles(context, domain, snapshot, flags, xml).catch(() => undefined);
  const facts = await measure(context, domain, flags);
  await tellTaken(context, facts, memoryFile, milliseconds);
  context.emit({ name: snapshot.name, domain: domain.name, ...facts });
  context.output.extra(`Domain snapshot ${snapshot.name} created${from}`);
}

/** Says something that virsh would not, where only a person reads it. */
function tell(context: Context, text: string): void {
  if (context.output.streams.stderr.isTTY) context.output.notice(text);
}

/** What libvirt is about to do to memory without a word. */
async function warnOfLostWrites(context: Context, domain: Domain): Promise<void> {
  if (!context.output.streams.stderr.isTTY) return;
  const { lostByLibvirt } = await import('../../src/snapshot/lost-writes.js');
  const lost = await lostByLibvirt(context.connection, domain).catch(() => undefined);
  if (lost) tell(context, `Warning: ${lost}: without --live, the memory image is of one instant`);
}

/**
 * Undoes a snapshot that was complete before the interrupt could stop it.
 * @param memoryFile what to remove beside the snapshot itself: libvirt 9.0 leaves it when it deletes one.
 * @throws InterruptedError always; its message tells if the snapshot had to stay.
 */
async function takeBack(snapshot: Snapshot, flags: number, memoryFile: string | undefined): Promise<never> {
  const final = VIR_DOMAIN_SNAPSHOT_CREATE_HALT | VIR_DOMAIN_SNAPSHOT_CREATE_NO_METADATA;
  if ((flags & final) !== 0) throw finishedAnyway();
  try {
    await snapshot.delete();
  } catch (error) {
    throw new InterruptedError(
      `interrupted, but snapshot ${snapshot.name} was complete and could not be deleted: ${(error as Error).message}`,
    );
  }
  if (memoryFile !== undefined) await rm(memoryFile, { force: true });
  throw new InterruptedError('interrupted');
}

/** Writes down which files on this machine a snapshot has made. */
async function noteFiles(
  { connection }: Context,
  domain: Domain,
  snapshot: Snapshot,
  flags: number,
  request: string,
): Promise<void> {
  const without =
    VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE |
    VIR_DOMAIN_SNAPSHOT_CREATE_REUSE_EXT |
    VIR_DOMAIN_SNAPSHOT_CREATE_NO_METADATA;
  const external = (flags & VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY) !== 0 || /external|file=/.test(request);
  if ((flags & without) !== 0 || !external) return;
  const { filesAreHere } = await import('../../src/care/files-here.js');
  if (!(await filesAreHere(connection))) return;
  const { noteMade } = await import('../../src/snapshot/made-files.js');
  const { libvirtStateFolder } = await import('../../src/snapshot/state-folder.js');
  const { parseSnapshotXml } = await import('../../src/snapshot/snapshot-description.js');
  const { disks, memory } = parseSnapshotXml(await snapshot.getXMLDesc());
  const images = disks.filter((disk) => disk.snapshot === 'external' && disk.type === 'file');
  await noteMade(libvirtStateFolder(domain.uuid), { domain: domain.name, snapshot: snapshot.name }, [
    ...images.flatMap(({ file }) => (file === undefined ? [] : [{ file, part: 'image' } as const])),
    ...(memory?.file === undefined ? [] : [{ file: memory.file, part: 'memory' } as const]),
  ]);
}

/** Says how it went, unless there is nothing to say. */
async function tellTaken(
  context: Context,
  facts: JobMeasurement,
  memoryFile: string | undefined,
  milliseconds: number,
): Promise<void> {
  const image = memoryFile === undefined ? undefined : await stat(memoryFile).catch(() => undefined);
  if (facts.pauseMs === undefined && !image && milliseconds < WORTH_TELLING_MS) return;
  const memoryBytes = image?.size ?? (facts.memoryBytes === undefined ? 0 : Number(facts.memoryBytes));
  const pauseMs = facts.pauseMs === undefined ? undefined : Number(facts.pauseMs);
  tell(context, takenSummary({ pauseMs, memoryBytes, milliseconds }));
}

/** What the hypervisor measured, where somebody is going to see it. */
async function measure(context: Context, domain: Domain, flags: number): Promise<JobMeasurement> {
  const seen = context.json || context.output.streams.stderr.isTTY;
  if (!seen || (flags & VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE) !== 0) return {};
  return lastSnapshotJob(domain).catch(() => ({}));
}
