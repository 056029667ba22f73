import {
  VIR_DOMAIN_BLOCK_REBASE_BANDWIDTH_BYTES,
  VIR_DOMAIN_BLOCK_REBASE_RELATIVE,
} from '../hypervisor/constants.js';
import { keepBitmaps } from '../snapshot/bitmap-chain.js';
import type { Guest } from '../snapshot/guest.js';
import { blockJobId } from './block-job-ids.js';
import { bytesPerSecond } from './block-job-speed.js';
import { type Announce, alreadyActive, startBlockJob } from './block-job-start.js';
import { findChain, placeInChain } from './disk-chain.js';
import { checkFlags, refusal } from './refusals.js';
import { relativeBacking } from './relative-backing.js';

export interface PullRequest {
  readonly disk: string;
  /** The image that stays below; null for none. */
  readonly base: string | null;
  readonly bandwidth: bigint;
  /** VIR_DOMAIN_BLOCK_REBASE_*; those of virDomainBlockPull have the same bits. */
  readonly flags: number;
}

/**
 * Starts to copy what is in the images below the active one into that one. The files below stay, and what they hold
 * stays as it is, so that no snapshot loses its state.
 * @throws HypervisorError in libvirt's words.
 */
export async function startPull(guest: Guest, request: PullRequest, announce: Announce): Promise<void> {
  const { flags, base } = request;
  const bytes = VIR_DOMAIN_BLOCK_REBASE_BANDWIDTH_BYTES;
  const relative = (flags & VIR_DOMAIN_BLOCK_REBASE_RELATIVE) !== 0;
  checkFlags(flags, bytes | VIR_DOMAIN_BLOCK_REBASE_RELATIVE, 'virDomainBlockRebase');
  if (relative && base === null) {
    throw refusal('invalid', 'flag VIR_DOMAIN_BLOCK_REBASE_RELATIVE is valid only with non-null base');
  }
  const speed = bytesPerSecond(request.bandwidth, (flags & bytes) !== 0);
  const chain = await findChain(guest, request.disk);
  const { disk, images } = chain;
  if (disk.medium.busy) throw alreadyActive(disk.target);
  const [active] = images;
  const place = base === null ? images.length : await placeInChain(chain, base, 0);
  const stays = images[place];
  const name = stays && (relative ? relativeBacking(images, active.file, place) : stays.file);
  return startBlockJob(guest, {
    id: blockJobId('pull', disk.target),
    type: 'pull',
    disk: disk.target,
    from: images[place - 1]?.file ?? active.file,
    to: active.file,
    nodes: [],
    close: images.slice(1, place).map(({ file }) => file),
    remove: [],
    prepare: () => keepBitmaps(guest, images, images.slice(1, place)),
    speed,
    announce,
    start: (job) =>
      guest.qmp.execute('block-stream', {
        ...job,
        device: active.node,
        ...(stays ? { 'base-node': stays.node, 'backing-file': name ?? stays.file } : {}),
      }),
  });
}
