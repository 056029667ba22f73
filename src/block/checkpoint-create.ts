import { VIR_ERR_CHECKPOINT_INCONSISTENT, VIR_FROM_QEMU } from '../hypervisor/constants.js';
import { HypervisorError } from '../hypervisor/index.js';
import type { TransactionAction } from '../qmp/index.js';
import { bitmapParts } from '../snapshot/bitmap-chain.js';
import type { Guest } from '../snapshot/guest.js';
import { disksOf } from '../snapshot/guest-disks.js';
import type { CheckpointDescription, CheckpointFacts } from './checkpoint-xml.js';
import { findChain, lookUpDisk } from './disk-chain.js';
import { refusal } from './refusals.js';

/** A checkpoint that can be made: its document's list of disks, and what QEMU is to do. */
export interface PlannedCheckpoint {
  readonly disks: CheckpointFacts['disks'];
  readonly actions: readonly TransactionAction[];
  /** Where the bitmaps are put, and whether there is one of that name. */
  readonly bitmaps: readonly {
    readonly disk: string;
    readonly node: string;
    readonly file: string;
    readonly taken: boolean;
  }[];
}

/**
 * Decides which disks get a bitmap: all that can be written to, or those that a document lists.
 * @throws HypervisorError in libvirt's words.
 */
export async function planCheckpoint(
  guest: Guest,
  name: string,
  asked: CheckpointDescription['disks'],
): Promise<PlannedCheckpoint> {
  const disks: CheckpointFacts['disks'][number][] = [];
  const actions: TransactionAction[] = [];
  const bitmaps: PlannedCheckpoint['bitmaps'][number][] = [];
  const listed = new Map<string, { readonly checkpoint: string | undefined }>();
  for (const each of asked ?? []) {
    const { target } = await lookUpDisk(guest, each.name);
    if (listed.has(target)) throw refusal('invalid', `disk '${target}' specified twice`);
    if (each.bitmap !== undefined && each.bitmap !== name)
      throw refusal('configuration', `bitmap for disk '${target}' must match checkpoint name '${name}'`);
    if (each.checkpoint !== undefined && !['bitmap', 'no'].includes(each.checkpoint))
      throw refusal('configuration', `unknown disk checkpoint setting '${each.checkpoint}'`);
    listed.set(target, each);
  }
  for (const disk of await disksOf(guest)) {
    const own = listed.get(disk.target);
    const usable = disk.medium && !disk.medium.readonly;
    const wanted = own ? own.checkpoint !== 'no' : asked === undefined && usable;
    if (!wanted) {
      disks.push({ name: disk.target, checkpoint: 'no', bitmap: undefined });
      continue;
    }
    if (!usable) throw refusal('invalid', `disk '${disk.target}' is empty or readonly`);
    const [active] = (await findChain(guest, disk.target)).images;
    if (active.format !== 'qcow2') {
      throw refusal(
        'configuration',
        `checkpoint for disk ${disk.target} unsupported for storage type ${active.format}`,
      );
    }
    disks.push({ name: disk.target, checkpoint: 'bitmap', bitmap: name });
    const { node, file, details } = active;
    const taken = details['dirty-bitmaps']?.some((each) => each.name === name) ?? false;
    bitmaps.push({ disk: disk.target, node, file, taken });
    actions.push({ type: 'block-dirty-bitmap-add', data: { node: active.node, name, persistent: true } });
  }
  if (actions.length === 0)
    throw refusal('configuration', 'domain must have at least one disk to perform checkpoints');
  return { disks, bitmaps, actions };
}

/** Checks that what a document tells of is there. @throws HypervisorError in libvirt's words. */
export async function checkBitmaps(guest: Guest, disks: CheckpointDescription['disks']): Promise<void> {
  for (const { name, checkpoint, bitmap } of disks ?? []) {
    if (checkpoint !== 'bitmap') continue;
    const { images, disk } = await findChain(guest, name);
    if (bitmap === undefined || !bitmapParts(images, bitmap)) throw brokenBitmap(bitmap ?? '', disk.target);
  }
}

export const brokenBitmap = (bitmap: string, disk: string): HypervisorError =>
  new HypervisorError(`checkpoint inconsistent: missing or broken bitmap '${bitmap}' for disk '${disk}'`, {
    code: VIR_ERR_CHECKPOINT_INCONSISTENT,
    domain: VIR_FROM_QEMU,
  });
