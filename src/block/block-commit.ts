import {
  VIR_DOMAIN_BLOCK_COMMIT_ACTIVE,
  VIR_DOMAIN_BLOCK_COMMIT_BANDWIDTH_BYTES,
  VIR_DOMAIN_BLOCK_COMMIT_DELETE,
  VIR_DOMAIN_BLOCK_COMMIT_RELATIVE,
  VIR_DOMAIN_BLOCK_COMMIT_SHALLOW,
} from '../hypervisor/constants.js';
import { keepBitmaps } from '../snapshot/bitmap-chain.js';
import type { Documented } from '../snapshot/delete-situation.js';
import type { Guest } from '../snapshot/guest.js';
import { blockJobId } from './block-job-ids.js';
import { bytesPerSecond } from './block-job-speed.js';
import { type Announce, alreadyActive, startBlockJob } from './block-job-start.js';
import { type DiskChain, findChain, placeInChain } from './disk-chain.js';
import { refuseLoss } from './frozen-states.js';
import { checkFlags, refusal } from './refusals.js';
import { relativeBacking } from './relative-backing.js';

const KNOWN =
  VIR_DOMAIN_BLOCK_COMMIT_SHALLOW |
  VIR_DOMAIN_BLOCK_COMMIT_ACTIVE |
  VIR_DOMAIN_BLOCK_COMMIT_DELETE |
  VIR_DOMAIN_BLOCK_COMMIT_RELATIVE |
  VIR_DOMAIN_BLOCK_COMMIT_BANDWIDTH_BYTES;

export interface CommitRequest {
  readonly disk: string;
  readonly base: string | null;
  readonly top: string | null;
  /** MiB a second, or bytes if the flags say so; 0 for as many as possible. */
  readonly bandwidth: bigint;
  readonly flags: number;
}

/**
 * Starts to move what is in the images from `top` down to above `base` into `base`.
 * @param snapshots the domain's: none of them may lose its state.
 * @throws HypervisorError in libvirt's words.
 */
export async function startCommit(
  guest: Guest,
  snapshots: readonly Documented[],
  request: CommitRequest,
  announce: Announce,
): Promise<void> {
  const { flags } = request;
  checkFlags(flags, KNOWN, 'virDomainBlockCommit');
  const speed = bytesPerSecond(request.bandwidth, (flags & VIR_DOMAIN_BLOCK_COMMIT_BANDWIDTH_BYTES) !== 0);
  const chain = await findChain(guest, request.disk);
  const { disk, images } = chain;
  if (disk.medium.busy) throw alreadyActive(disk.target);
  const { top, base } = await choose(chain, request);
  const [topImage, baseImage] = [images[top], images[base]];
  if (!topImage || !baseImage) throw new Error('a commit without images');
  const gone = images.slice(top, base);
  const files = gone.map(({ file }) => file);
  await refuseLoss(guest, snapshots, { base: baseImage.file, gone: files });
  const active = top === 0;
  const above = images[top - 1];
  const backing = above && backingName(chain, above.file, base, flags);
  return startBlockJob(guest, {
    id: blockJobId('commit', disk.target),
    type: active ? 'active-commit' : 'commit',
    disk: disk.target,
    from: topImage.file,
    to: baseImage.file,
    nodes: [],
    close: files,
    remove: (flags & VIR_DOMAIN_BLOCK_COMMIT_DELETE) !== 0 ? files : [],
    // Those of the active image are carried along when the guest is about to be moved.
    prepare: active ? undefined : () => keepBitmaps(guest, images, gone),
    speed,
    announce,
    // Given top-node as well, QEMU takes a commit of the active image for an intermediate one.
    start: (job) =>
      guest.qmp.execute('block-commit', {
        ...job,
        device: images[0].node,
        'base-node': baseImage.node,
        ...(backing === undefined ? {} : { 'top-node': topImage.node, 'backing-file': backing }),
      }),
  });
}

/** @throws HypervisorError in libvirt's words: such images can't be committed. */
async function choose(
  chain: Pick<DiskChain, 'disk' | 'images'>,
  { disk, base, top, flags }: CommitRequest,
): Promise<{ top: number; base: number }> {
  const { images } = chain;
  const [active] = images;
  const topPlace = top === null ? 0 : await placeInChain(chain, top);
  const asked = (flags & VIR_DOMAIN_BLOCK_COMMIT_ACTIVE) !== 0;
  if (topPlace === 0 && !asked)
    throw refusal('invalid', `commit of '${disk}' active layer requires active flag`);
  if (topPlace > 0 && asked)
    throw refusal('invalid', `active commit requested but '${images[topPlace]?.file}' is not active`);
  if (topPlace === images.length - 1) {
    throw refusal(
      'invalid',
      `top '${images[topPlace]?.file}' in chain for '${active.file}' has no backing file`,
    );
  }
  const shallow = (flags & VIR_DOMAIN_BLOCK_COMMIT_SHALLOW) !== 0;
  if (base === null) return { top: topPlace, base: shallow ? topPlace + 1 : images.length - 1 };
  const basePlace = await placeInChain(chain, base, topPlace);
  if (shallow && basePlace !== topPlace + 1) {
    throw refusal(
      'invalid',
      `base '${images[basePlace]?.file}' is not immediately below '${images[topPlace]?.file}' in chain for '${active.file}'`,
    );
  }
  return { top: topPlace, base: basePlace };
}

/** How the image above the committed ones is to name the base. QEMU's own choice is all it was told, as JSON (see delete-merging.ts). */
function backingName(
  { images }: Pick<DiskChain, 'images'>,
  above: string,
  base: number,
  flags: number,
): string {
  const file = images[base]?.file ?? '';
  return (flags & VIR_DOMAIN_BLOCK_COMMIT_RELATIVE) === 0 ? file : relativeBacking(images, above, base);
}
