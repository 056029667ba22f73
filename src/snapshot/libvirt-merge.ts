import { lstat, rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import {
  VIR_DOMAIN_BLOCK_COMMIT_ACTIVE,
  VIR_DOMAIN_BLOCK_JOB_ABORT_PIVOT,
  VIR_DOMAIN_BLOCK_JOB_TYPE_ACTIVE_COMMIT,
} from '../hypervisor/constants.js';
import type { Domain } from '../hypervisor/index.js';
import { describedDisks } from './archive-xml.js';
import type { LibvirtOverlay } from './libvirt-journal.js';

const LOOK_MS = 50;
/** A merge that makes no progress for so long is given up. */
const STALL_MS = 120_000;

/**
 * Has libvirt merge each overlay back into what it lies on, and removes it; one that is not in use is just removed. May
 * be cut off anywhere and done again. @param domain runs.
 */
export async function mergeBack(
  domain: Domain,
  overlays: readonly LibvirtOverlay[],
  actions: string[] = [],
): Promise<void> {
  for (const { target, base, file } of overlays) {
    if ((await imageOf(domain, target)) === file) {
      await merge(domain, target, base);
      actions.push(`merged '${file}' back`);
    }
    if (!(await lstat(file).catch(() => undefined))) continue;
    if ((await imageOf(domain, target)) === file)
      throw new Error(`disk '${target}' is still on '${file}' after the merge`);
    await rm(file, { force: true });
    actions.push(`removed '${file}'`);
  }
}

/** The image that a disk is on now. */
export async function imageOf(domain: Domain, target: string): Promise<string | undefined> {
  return describedDisks(await domain.getXMLDesc()).find((disk) => disk.target === target)?.file;
}

async function merge(domain: Domain, target: string, base: string): Promise<void> {
  const job = await domain.getBlockJobInfo(target);
  // One of ours that was cut off goes on.
  if (job?.type !== VIR_DOMAIN_BLOCK_JOB_TYPE_ACTIVE_COMMIT)
    await domain.blockCommit(target, base, null, 0n, VIR_DOMAIN_BLOCK_COMMIT_ACTIVE);
  await untilReady(domain, target);
  await pivot(domain, target);
}

async function untilReady(domain: Domain, target: string): Promise<void> {
  let last = -1n;
  let changed = performance.now();
  for (;;) {
    const job = await domain.getBlockJobInfo(target);
    if (!job) throw new Error(`the merge of disk '${target}' has ended by itself`);
    if (job.end > 0n && job.cur === job.end) return;
    if (job.cur !== last) {
      last = job.cur;
      changed = performance.now();
    } else if (performance.now() - changed > STALL_MS) {
      throw new Error(`the merge of disk '${target}' makes no progress`);
    }
    await delay(LOOK_MS);
  }
}

/** A job at its end may not be ready yet: the pivot is refused until it is. */
async function pivot(domain: Domain, target: string): Promise<void> {
  const deadline = performance.now() + STALL_MS;
  for (;;) {
    try {
      return await domain.blockJobAbort(target, VIR_DOMAIN_BLOCK_JOB_ABORT_PIVOT);
    } catch (error) {
      const job = await domain.getBlockJobInfo(target);
      if (!job || performance.now() > deadline) throw error;
    }
    await delay(LOOK_MS);
  }
}
