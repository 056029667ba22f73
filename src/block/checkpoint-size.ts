import { randomBytes } from 'node:crypto';
import { bitmapParts, mergeActions } from '../snapshot/bitmap-chain.js';
import type { Guest } from '../snapshot/guest.js';
import { brokenBitmap } from './checkpoint-create.js';
import { findChain } from './disk-chain.js';

/** Bytes of a disk that an incremental backup from a checkpoint on would copy now. @throws HypervisorError it can't be told. */
export async function changedBytes(guest: Guest, disk: string, bitmap: string): Promise<bigint> {
  const { images } = await findChain(guest, disk);
  const parts = bitmapParts(images, bitmap);
  const [first] = parts ?? [];
  if (!parts || !first) throw brokenBitmap(bitmap, disk);
  if (parts.length === 1) return BigInt(first.bitmap.count);
  // Blocks that were written in several images count once.
  const name = `snapctl-${randomBytes(4).toString('hex')}`;
  const { qmp } = guest;
  await qmp.execute('transaction', { actions: mergeActions(parts, name) });
  try {
    const nodes = await qmp.execute('query-named-block-nodes', { flat: true });
    const found = nodes.find((node) => node['node-name'] === first.node)?.['dirty-bitmaps'];
    return BigInt(found?.find((each) => each.name === name)?.count ?? 0);
  } finally {
    await qmp.execute('block-dirty-bitmap-remove', { node: first.node, name });
  }
}
