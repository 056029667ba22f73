import { rm } from 'node:fs/promises';
import { type BlockJobArguments, STREAM_DISMISSES_ITSELF } from '../qmp/index.js';
import type { Guest } from '../snapshot/guest.js';
import { identifyOurselves, identityOf } from '../snapshot/process-identity.js';
import {
  type BlockJobRecord,
  createJobRecord,
  removeJobRecord,
  updateJobRecord,
} from './block-job-record.js';
import { deleteNode } from './close-images.js';
import { refusal } from './refusals.js';

export type Announce = (record: BlockJobRecord) => void;

export interface BlockJobPlan
  extends Pick<BlockJobRecord, 'id' | 'type' | 'disk' | 'from' | 'to' | 'nodes' | 'close' | 'remove'> {
  /** Bytes a second; 0 for as many as possible. */
  readonly speed: number;
  /** Makes the file that the data goes to. */
  readonly create?: { readonly file: string | null; readonly run: () => Promise<void> } | undefined;
  /** Opens what the job needs. */
  readonly prepare?: (() => Promise<void>) | undefined;
  /** Told what the job will be, before QEMU tells of it in events. */
  readonly announce: Announce;
  readonly start: (job: BlockJobArguments & { 'job-id': string }) => Promise<unknown>;
}

/**
 * Starts a block job that goes on without us. What is prepared for it is written down before, so that whoever comes next
 * can undo it if we die on the way.
 * @throws HypervisorError the disk has a job already; CommandFailure. Nothing is left then.
 */
export async function startBlockJob(guest: Guest, plan: BlockJobPlan): Promise<void> {
  const { id, type, disk, from, to, nodes, close, remove, speed } = plan;
  const controller = await identifyOurselves();
  const record: BlockJobRecord = {
    version: 1,
    domain: guest.name,
    id,
    type,
    disk,
    from,
    to,
    startedAt: new Date().toISOString(),
    qemu: identityOf(guest.process),
    controller,
    started: false,
    nodes,
    created: plan.create?.file ?? null,
    close,
    remove,
  };
  await createJobRecord(guest.folder, record).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EEXIST' ? alreadyActive(disk) : error;
  });
  try {
    await create(plan, record);
    await plan.prepare?.();
    plan.announce(record);
    // A job that is not dismissed by itself tells its error to who comes later, but see STREAM_DISMISSES_ITSELF.
    const dismissal = { 'auto-dismiss': type === 'pull' && STREAM_DISMISSES_ITSELF };
    await plan.start({ 'job-id': id, speed, 'auto-finalize': true, ...dismissal });
  } catch (error) {
    await undoPreparation(guest, error instanceof NotOurs ? { ...record, created: null } : record);
    throw error instanceof NotOurs ? error.cause : error;
  }
  await updateJobRecord(guest.folder, { ...record, started: true });
}

/** The file was there: it is not to be removed. */
class NotOurs extends Error {}

async function create({ create: creation, disk }: BlockJobPlan, { created }: BlockJobRecord): Promise<void> {
  await creation?.run().catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
    const reason = `external destination file for disk ${disk} already exists and is not a block device: ${created}`;
    throw new NotOurs(reason, { cause: refusal('configuration', reason) });
  });
}

/** Takes back what was prepared for a job that QEMU has not got. */
export async function undoPreparation(guest: Guest, record: BlockJobRecord): Promise<void> {
  for (const node of record.nodes) await deleteNode(guest, node);
  if (record.created !== null) await rm(record.created, { force: true });
  await removeJobRecord(guest.folder, record);
}

export const alreadyActive = (disk: string, mirror = false): Error =>
  refusal(mirror ? 'active' : 'unsupported', `disk '${disk}' already in active block job`);
