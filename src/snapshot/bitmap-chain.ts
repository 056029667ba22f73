import type { DirtyBitmap, TransactionAction } from '../qmp/index.js';
import type { Guest } from './guest.js';
import type { OpenImage } from './open-images.js';

/** A bitmap in one image of a chain. */
export interface ImageBitmap {
  readonly node: string;
  readonly bitmap: DirtyBitmap;
}

const bitmapsOf = ({ details }: Pick<OpenImage, 'details'>): readonly DirtyBitmap[] =>
  (details['dirty-bitmaps'] ?? []).filter(({ name }) => name !== undefined && name !== '');

const isSound = ({ persistent, inconsistent }: DirtyBitmap): boolean => persistent && !inconsistent;

/**
 * The parts of a bitmap: a snapshot begins a new one of the same name in each overlay, so that together they tell what was
 * written since the lowest began. Undefined if they don't: the active image has none that records, or one is broken, or
 * missing in between.
 */
export function bitmapParts(
  images: readonly Pick<OpenImage, 'node' | 'details'>[],
  name: string,
): ImageBitmap[] | undefined {
  const found = images.map((image) => bitmapsOf(image).find((bitmap) => bitmap.name === name));
  const end = found.indexOf(undefined);
  const parts = found.slice(0, end < 0 ? found.length : end) as DirtyBitmap[];
  const gap = end >= 0 && found.slice(end).some((bitmap) => bitmap !== undefined);
  const [active] = parts;
  if (!active?.recording || gap || !parts.every(isSound)) return undefined;
  return parts.map((bitmap, index) => ({ node: images[index]?.node ?? '', bitmap }));
}

/** What makes a temporary bitmap on the active image of all parts of another; nothing is recorded in it. */
export function mergeActions(parts: readonly ImageBitmap[], target: string): TransactionAction[] {
  const [active] = parts;
  if (!active) return [];
  const { node, bitmap } = active;
  return [
    {
      type: 'block-dirty-bitmap-add',
      data: { node, name: target, granularity: bitmap.granularity, persistent: false, disabled: true },
    },
    {
      type: 'block-dirty-bitmap-merge',
      data: {
        node,
        target,
        bitmaps: parts.map((part) => ({ node: part.node, name: part.bitmap.name ?? '' })),
      },
    },
  ];
}

/** Starts, in an overlay that nothing is written to yet, what is recorded in the node that it is to lie on. */
export async function continueBitmaps(
  { qmp }: Pick<Guest, 'qmp'>,
  below: string,
  overlay: string,
): Promise<void> {
  const nodes = await qmp.execute('query-named-block-nodes', { flat: true });
  const bitmaps = (name: string): readonly DirtyBitmap[] =>
    nodes.find((node) => node['node-name'] === name)?.['dirty-bitmaps'] ?? [];
  // One that was prepared may have them.
  const there = new Set(bitmaps(overlay).map(({ name }) => name));
  for (const bitmap of bitmaps(below)) {
    const { name, granularity } = bitmap;
    if (!isSound(bitmap) || !bitmap.recording || !name || there.has(name)) continue;
    await qmp.execute('block-dirty-bitmap-add', { node: overlay, name, granularity, persistent: true });
  }
}

/**
 * Keeps what images that are about to go have recorded: merged into the active image, which has bitmaps of the same names.
 * To be called before anything is moved; whatever becomes of that, more than needed being recorded does no harm.
 */
export async function keepBitmaps(
  { qmp }: Guest,
  images: readonly OpenImage[],
  gone: readonly OpenImage[],
): Promise<void> {
  const [active] = images;
  if (!active) return;
  const actions = bitmapsOf(active).flatMap(({ name = '' }): TransactionAction[] => {
    const parts = gone.filter((image) => image.node !== active.node && has(image, name));
    if (parts.length === 0) return [];
    const bitmaps = parts.map(({ node }) => ({ node, name }));
    return [{ type: 'block-dirty-bitmap-merge', data: { node: active.node, target: name, bitmaps } }];
  });
  if (actions.length > 0) await qmp.execute('transaction', { actions });
}

const has = (image: OpenImage, name: string): boolean =>
  bitmapsOf(image).some((bitmap) => bitmap.name === name && isSound(bitmap));

/**
 * Takes what a disk's images have recorded along to the image that it is about to be moved to, and goes on recording
 * there. To be called while every write goes to both.
 * @param images of the disk, the active one first.
 * @param into the image that it goes to. Only qcow2 can keep bitmaps.
 */
export async function carryBitmaps(
  { qmp }: Guest,
  images: readonly OpenImage[],
  gone: readonly OpenImage[],
  into: Pick<OpenImage, 'node' | 'format' | 'details'>,
): Promise<void> {
  const [active] = images;
  if (into.format !== 'qcow2' || !active) return;
  const node = into.node;
  const known = new Set(bitmapsOf(into).map(({ name }) => name));
  const actions = bitmapsOf(active).flatMap(({ name = '', granularity, recording }): TransactionAction[] => {
    const bitmaps = gone.filter((image) => has(image, name)).map((image) => ({ node: image.node, name }));
    if (!recording || bitmaps.length === 0) return [];
    return [
      ...(known.has(name)
        ? []
        : [
            {
              type: 'block-dirty-bitmap-add' as const,
              data: { node, name, granularity, persistent: true },
            },
          ]),
      { type: 'block-dirty-bitmap-merge', data: { node, target: name, bitmaps } },
    ];
  });
  if (actions.length > 0) await qmp.execute('transaction', { actions });
}
