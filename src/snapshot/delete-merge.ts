import type { ImageForest } from './delete-images.js';

/** What planning knows of the images besides who lies on whom. */
export interface MergeRules {
  readonly forest: ImageForest;
  /** Made by snapshots: such a file may go when nobody needs it. */
  isOurs(file: string): boolean;
  /** Somebody else's chain needs it as it is. */
  isPinned(file: string): boolean;
  /** A disk of the guest is on it. */
  isActive(file: string): boolean;
  /** It holds a snapshot inside that is to be kept. */
  isTagged(file: string): boolean;
}

/** Images that are to become one. */
export interface Merge {
  /** Bottom first: all of them lie directly on one another. */
  readonly images: readonly string[];
  /** Index of the one that remains. What is below is streamed into it, what is above committed. */
  readonly target: number;
  readonly bytes: number;
}

/**
 * Chooses how a run of images that nobody needs for themselves (bottom first) and the one on top of them, which is
 * needed, become one: the image that stays is the one that leaves least to be moved among those that may stay. If the
 * lowest images can't take part they are left as they are.
 * @returns undefined if nothing can be merged.
 */
export function chooseMerge(rules: MergeRules, run: readonly string[], upper: string): Merge | undefined {
  for (let start = 0; start < run.length; start++) {
    const images = [...run.slice(start), upper];
    const total = images.reduce((sum, file) => sum + rules.forest.get(file).bytes, 0);
    const [best] = images
      .map((file, target) => ({ images, target, bytes: total - rules.forest.get(file).bytes }))
      .filter(({ target }) => isPossible(rules, images, target))
      // The sort keeps the order of equals: the lowest stays, as it would with libvirt.
      .sort((a, b) => a.bytes - b.bytes);
    if (best) return best;
  }
  return undefined;
}

function isPossible(rules: MergeRules, images: readonly string[], target: number): boolean {
  const stays = images[target];
  if (stays === undefined || rules.isPinned(stays)) return false;
  const sizes = images.map((file) => rules.forest.get(file).size);
  // Where an image is shorter than what it lies on, the rest must read as zeroes, and would not after a merge.
  if (sizes.some((size, index) => size < (sizes[index - 1] ?? 0))) return false;
  const below = images.slice(0, target);
  const above = images.slice(target + 1);
  // To stream leaves what was streamed from behind, so it is of use only where that may be removed. A snapshot inside
  // the target reads what it doesn't hold from below, as it was.
  const streams = (): boolean =>
    !rules.isTagged(stays) && below.every((file) => rules.isOurs(file) && isFree(rules, file));
  return (below.length === 0 || streams()) && (above.length === 0 || canCommit(rules, stays, above));
}

function canCommit(rules: MergeRules, base: string, above: readonly string[]): boolean {
  const { forest } = rules;
  const top = above.at(-1) ?? '';
  if (!above.every((file) => rules.isOurs(file) && isFree(rules, file))) return false;
  if (forest.get(top).size > forest.get(base).size && !forest.get(base).growable) return false;
  // The image on top goes, so what lies on it has to be put on the base: QEMU does it for one, in its own graph.
  const children = forest.childrenOf(top).length;
  return rules.isActive(top) ? children === 0 : children === 1;
}

const isFree = (rules: MergeRules, file: string): boolean => !rules.isPinned(file) && !rules.isTagged(file);
