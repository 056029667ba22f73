import { runJob } from '../qmp/index.js';
import { frozenImages, markHalfDeleted, renameImages, unmarkHalfDeleted } from './delete-document.js';
import { deleteFile } from './delete-file.js';
import { writeLayers } from './delete-layers.js';
import { type MergeStep, mergeImages } from './delete-merging.js';
import { type DeleteStep, renameAfter } from './delete-model.js';
import type { Guest } from './guest.js';
import { disksOf } from './guest-disks.js';
import type { Journal, JournalDeletion } from './journal.js';
import { realFile } from './real-file.js';
import { noteFrozen } from './relaunch-frozen.js';
import { SnapshotStore } from './snapshot-store.js';
import { forgetSnapshot } from './stored-parent.js';

/** Taking saved memory out of an image takes as long as it takes to read; QEMU answers nothing meanwhile. */
const INTERNAL_TIMEOUT_MS = 30 * 60_000;

export interface StepOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told which share of the step's bytes has been moved, 0 to 1. */
  readonly onShare?: ((share: number) => void) | undefined;
  /** Told what is worth telling. */
  readonly onAction: (text: string) => void;
}

export function deletionOf(journal: Journal): JournalDeletion {
  const { deletion } = journal.record;
  if (!deletion) throw new Error('the journal is of another operation');
  return deletion;
}

/**
 * Does what is left of a deletion, step by step; each is recorded when it is done. May be cut off anywhere and called
 * again.
 */
export async function carryOutDeletion(guest: Guest, journal: Journal, options: StepOptions): Promise<void> {
  for (let next = deletionOf(journal); next.done < next.steps.length; next = deletionOf(journal)) {
    const step = next.steps[next.done];
    if (!step) break;
    // Afterwards only merges are interrupted: the rest is quick, and better done than left.
    if (step.action === 'mark') options.signal?.throwIfAborted();
    await carryOut(guest, journal, step, options);
    await journal.update({ deletion: { ...next, done: next.done + 1, pivoting: false } });
  }
}

async function carryOut(
  guest: Guest,
  journal: Journal,
  step: DeleteStep,
  options: StepOptions,
): Promise<void> {
  const store = new SnapshotStore(journal.folder);
  switch (step.action) {
    case 'mark':
      await journal.update({ step: 'switching' });
      return changeAll(store, deletionOf(journal).snapshots, markHalfDeleted);
    case 'commit':
    case 'stream':
      await mergeImages(guest, step, {
        id: jobOf(journal),
        bandwidth: deletionOf(journal).bandwidth,
        signal: options.signal,
        beforePivot: () => journal.update({ deletion: { ...deletionOf(journal), pivoting: true } }),
        ...(options.onShare ? { onShare: options.onShare } : {}),
      });
      return renameInStore(journal, step);
    case 'unlink': {
      const told = await deleteFile(guest, step.file);
      if (told !== undefined) options.onAction(told);
      return;
    }
    case 'internal':
      return removeInternal(guest, step.snapshot, jobOf(journal));
    case 'layers':
      return writeLayers(journal.folder, step.layers);
    case 'forget':
      return forgetSnapshot(store, step.snapshot);
  }
}

/** The job, in QEMU, of the step that is next. */
export function jobOf(journal: Journal): string {
  const { prefix, done } = deletionOf(journal);
  return `${prefix}-${done}`;
}

async function changeAll(
  store: SnapshotStore,
  names: readonly string[],
  change: (xml: string) => string,
): Promise<void> {
  for (const name of names) {
    const found = await store.find(name);
    if (found) await store.put(name, change(found.xml));
  }
}

/** Nothing has been lost yet: the snapshots are as good as before. */
export const unmarkAll = (journal: Journal): Promise<void> =>
  changeAll(new SnapshotStore(journal.folder), deletionOf(journal).snapshots, unmarkHalfDeleted);

/**
 * Tells the documents of the snapshots that stay which image has taken the place of another. Those that are being
 * deleted keep the names they have: what they were made of must not be looked for among images of others.
 */
export async function renameInStore(journal: Journal, step: MergeStep): Promise<void> {
  const rename = renameAfter(step);
  if (!rename) return;
  const store = new SnapshotStore(journal.folder);
  const { snapshots } = deletionOf(journal);
  for (const { name, xml } of await store.list()) {
    if (snapshots.includes(name)) continue;
    const changed = await renameImages(xml, rename);
    if (changed !== undefined) await store.put(name, changed);
  }
  await noteWritten(journal, step);
}

/** A merge writes to images that are frozen otherwise: the snapshots that they belong to must not take it amiss. */
export async function noteWritten(journal: Journal, step: MergeStep): Promise<void> {
  const store = new SnapshotStore(journal.folder);
  const written = step.action === 'stream' ? [step.into] : [step.base, step.above];
  for (const { name, xml } of await store.list()) {
    const frozen = await Promise.all([...frozenImages(xml).values()].map(({ file }) => realFile(file)));
    if (frozen.some((file) => written.includes(file))) await noteFrozen(store, name);
  }
}

async function removeInternal(guest: Guest, name: string, id: string): Promise<void> {
  const { qmp } = guest;
  const devices = (await disksOf(guest)).flatMap(({ medium }) =>
    medium?.image.snapshots?.some((each) => each.name === name) ? [medium.node] : [],
  );
  if (devices.length === 0) return;
  const start = () =>
    qmp.execute('snapshot-delete', { 'job-id': id, tag: name, devices }, { timeout: INTERNAL_TIMEOUT_MS });
  await runJob(qmp, id, start, { timeout: INTERNAL_TIMEOUT_MS });
}
