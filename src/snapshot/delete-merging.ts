import {
  CommandFailure,
  findJob,
  followJob,
  JobFailure,
  type JobOptions,
  runJob,
  STREAM_DISMISSES_ITSELF,
} from '../qmp/index.js';
import { carryBitmaps, keepBitmaps } from './bitmap-chain.js';
import { closeInactive, openInactive } from './delete-inactive.js';
import { type CommitStep, DeleteRefused, type StreamStep } from './delete-model.js';
import type { Guest } from './guest.js';
import { readImageInfo } from './image-info.js';
import { type OpenImage, queryOpenImages } from './open-images.js';

export type MergeStep = CommitStep | StreamStep;

export interface MergeOptions {
  /** The job's id in QEMU, and the beginning of the names of what is opened for it. */
  readonly id: string;
  /** Bytes a second; 0 for as many as possible. */
  readonly bandwidth: number;
  readonly signal?: AbortSignal | undefined;
  /** Told now and then which share of the work is done, 0 to 1. */
  readonly onShare?: (share: number) => void;
  /** Called before the guest is put on the image that it is being moved to. */
  readonly beforePivot?: () => Promise<void>;
}

const LOOK_MS = 250;

/**
 * Has QEMU merge images, while the guest runs. What an earlier run of the step began is taken up; what it finished is
 * not done again.
 * @throws JobFailure, the signal's reason, and others: everybody reads what they read before, nevertheless.
 */
export async function mergeImages(guest: Guest, step: MergeStep, options: MergeOptions): Promise<void> {
  const { qmp } = guest;
  const { id } = options;
  const watching = watchShare(guest, options);
  const follow: JobOptions = {
    whenReady: 'complete',
    ...(options.signal ? { signal: options.signal } : {}),
    beforeComplete: async () => {
      await carryAlong(guest, step);
      await options.beforePivot?.();
    },
  };
  try {
    // One that failed while nobody looked is tried once more.
    await followJob(qmp, id, follow).catch((error: unknown) => {
      if (!(error instanceof JobFailure)) throw error;
    });
    if (!(await isMerged(guest, step))) {
      options.signal?.throwIfAborted();
      if (!step.inactive) await keepRecorded(guest, step);
      const start = await prepare(guest, step, options);
      await runJob(qmp, id, start, follow);
    }
  } finally {
    watching.end();
    await closeInactive(guest, prefixOf(id)).catch(() => undefined);
  }
  await closeMerged(guest, goneAfter(step));
}

/** Ends what a merge left in QEMU that isn't to be gone on with. @returns whether it had come to its end. */
export async function abandonMerge(guest: Guest, step: MergeStep, id: string): Promise<boolean> {
  const left = await findJob(guest.qmp, id);
  if (left) {
    if (left.status !== 'concluded')
      await guest.qmp.execute('job-cancel', { id }).catch((error: unknown) => {
        if (!(error instanceof CommandFailure)) throw error;
      });
    // However it ends: it has been given up.
    await followJob(guest.qmp, id).catch(() => undefined);
  }
  await closeInactive(guest, prefixOf(id));
  const merged = await isMerged(guest, step);
  if (merged) await closeMerged(guest, goneAfter(step));
  return merged;
}

const goneAfter = (step: MergeStep): readonly string[] =>
  step.action === 'commit' ? [step.top, ...step.through] : step.from;

const prefixOf = (id: string): string => `${id}-`;

/** Whether the images are one already, as QEMU sees it, or their headers where QEMU doesn't have them open. */
export async function isMerged(guest: Guest, step: MergeStep): Promise<boolean> {
  if (step.inactive) return (await isMergedOnDisk(step)) === true;
  const { chains } = await queryOpenImages(guest);
  const gone = step.action === 'commit' ? step.top : (step.from.at(-1) ?? '');
  const stays = step.action === 'commit' ? step.base : step.into;
  const chain = chains.find(({ images }) => images.some(({ file }) => file === stays));
  if (!chain) throw new DeleteRefused(`disk '${step.disk}' is no longer on '${stays}'`);
  return !chain.images.some(({ file }) => file === gone);
}

/** The same from the headers alone; undefined where these can't tell: the guest was on the image that goes. */
export async function isMergedOnDisk(step: MergeStep): Promise<boolean | undefined> {
  // What lies on something is of a format that can: only qcow2 is made here.
  const format = step.inactive?.[0]?.format ?? 'qcow2';
  if (step.action === 'stream') return (await readImageInfo(step.into, format)).backing === step.below;
  return step.above === undefined
    ? undefined
    : (await readImageInfo(step.above, format)).backing === step.base;
}

/** @returns what starts the job. */
async function prepare(
  guest: Guest,
  step: MergeStep,
  { id, bandwidth }: MergeOptions,
): Promise<() => Promise<unknown>> {
  const { qmp } = guest;
  await closeInactive(guest, prefixOf(id));
  const nodes = step.inactive
    ? await openInactive(guest, step.inactive, prefixOf(id))
    : await openNodes(guest, step);
  const node = (file: string): string => {
    const found = nodes.get(file);
    if (found === undefined)
      throw new DeleteRefused(`disk '${step.disk}': QEMU does not have '${file}' open`);
    return found;
  };
  // Into the header goes the file's path. QEMU's own choice is what it was told, and as JSON if that was relative to its
  // folder: with options in it that nothing can open again (seen on 7.2).
  const job = { 'job-id': id, speed: bandwidth, 'auto-finalize': true, 'auto-dismiss': false };
  if (step.action === 'stream') {
    const base =
      step.below === undefined ? {} : { 'base-node': node(step.below), 'backing-file': step.below };
    const stream = { ...job, 'auto-dismiss': STREAM_DISMISSES_ITSELF, device: node(step.into), ...base };
    return () => qmp.execute('block-stream', stream);
  }
  // The chain's own top. Given top-node as well, QEMU takes a commit for an intermediate one.
  const [top = ''] = step.inactive ? [step.above ?? step.top] : nodes.keys();
  const between = top === step.top ? {} : { 'top-node': node(step.top), 'backing-file': step.base };
  return () =>
    qmp.execute('block-commit', { ...job, device: node(top), ...between, 'base-node': node(step.base) });
}

/** What checkpoints have recorded goes with the guest to the base. */
async function carryAlong(guest: Guest, step: MergeStep): Promise<void> {
  if (step.action !== 'commit') return;
  const { chains } = await queryOpenImages(guest);
  const images = chains.find((each) => each.images.some(({ file }) => file === step.top))?.images ?? [];
  const into = images.findIndex(({ file }) => file === step.base);
  const base = images[into];
  if (base) await carryBitmaps(guest, images, images.slice(0, into), base);
}

/** What checkpoints have recorded in images that go is kept in the active one, which stays. */
async function keepRecorded(guest: Guest, step: MergeStep): Promise<void> {
  const gone = goneAfter(step);
  for (const { images } of (await queryOpenImages(guest)).chains) {
    const going = images.filter(({ file }) => gone.includes(file));
    if (going.length > 0 && !gone.includes(images[0]?.file ?? '')) await keepBitmaps(guest, images, going);
  }
}

/** The nodes of the disk's chain, by file, top first. */
async function openNodes(guest: Guest, step: MergeStep): Promise<Map<string, string>> {
  const { chains } = await queryOpenImages(guest);
  const stays = step.action === 'commit' ? step.top : step.into;
  const chain = chains.find(({ images }) => images.some(({ file }) => file === stays));
  return new Map(chain?.images.map(({ file, node }) => [file, node]));
}

/** Has QEMU close images that have been merged away: nodes that were added by name stay open otherwise. */
async function closeMerged(guest: Guest, files: readonly string[]): Promise<void> {
  const stillOpen = async (): Promise<OpenImage[]> => {
    const { all, graph } = await queryOpenImages(guest);
    return all.filter(({ file, node }) => files.includes(file) && !graph.usersOf(node)?.length);
  };
  for (let open = await stillOpen(); open.length > 0; open = await stillOpen()) {
    for (const { node } of open) await guest.qmp.execute('blockdev-del', { 'node-name': node });
  }
}

function watchShare({ qmp }: Guest, { id, onShare }: MergeOptions): { end(): void } {
  if (!onShare) return { end: () => undefined };
  let asking = false;
  const timer = setInterval(() => {
    if (asking) return;
    asking = true;
    findJob(qmp, id)
      .then(
        (job) => {
          if (job && job['total-progress'] > 0) onShare(job['current-progress'] / job['total-progress']);
        },
        () => undefined,
      )
      .finally(() => {
        asking = false;
      });
  }, LOOK_MS);
  timer.unref();
  return { end: () => clearInterval(timer) };
}
