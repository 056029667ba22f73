import type { PlannedImage } from './delete-images.js';

/** A snapshot as planning sees it. */
export interface PlannedSnapshot {
  readonly name: string;
  /** Per disk whose state is in an image that was frozen. */
  readonly external: readonly {
    readonly disk: string;
    /** The image that the guest went on in. */
    readonly overlay: string | undefined;
    /** The frozen image, as the snapshot's document tells. */
    readonly base: string | undefined;
  }[];
  /** Some disk's image holds it inside, under its name. */
  readonly internal: boolean;
  readonly memoryFile: string | undefined;
  /** A deletion of it was begun and not finished: its state is not to be trusted any more. */
  readonly halfDeleted: boolean;
}

/** An image that no snapshot needs any more but that could not be merged when the snapshot went. */
export interface KeptLayer {
  readonly file: string;
  /** It was made by a snapshot: may be removed when nothing lies on it any more. */
  readonly ours: boolean;
}

export interface DeleteSituation {
  readonly snapshots: readonly PlannedSnapshot[];
  /** Every image of the domain's snapshots and disks, with all that they lie on. */
  readonly images: ReadonlyMap<string, PlannedImage>;
  /** The image that each disk is on. */
  readonly active: readonly { readonly disk: string; readonly file: string }[];
  /** Files that somebody else knows of: other domains. */
  readonly foreign: ReadonlySet<string>;
  readonly layers: readonly KeptLayer[];
  /** Bytes of memory files, by name. */
  readonly memory: ReadonlyMap<string, number>;
}

export interface ChainImage {
  readonly file: string;
  readonly format: string;
}

/** Images `through` and `top` go into `base`; what lay on `top` lies on `base` then, or the guest is on `base`. */
export interface CommitStep {
  readonly action: 'commit';
  readonly disk: string;
  readonly base: string;
  /** Between base and top, bottom first. */
  readonly through: readonly string[];
  readonly top: string;
  /** What lies on top; undefined where the guest's disk is on top itself. */
  readonly above: string | undefined;
  readonly bytes: number;
  /** Where the guest doesn't have these images open: all from `above` down. */
  readonly inactive: readonly ChainImage[] | null;
}

/** Images `from` go into `into`, which lies on `below` then (on nothing if undefined). */
export interface StreamStep {
  readonly action: 'stream';
  readonly disk: string;
  readonly into: string;
  /** Bottom first. */
  readonly from: readonly string[];
  readonly below: string | undefined;
  readonly bytes: number;
  /** Where the guest doesn't have these images open: all from `into` down. */
  readonly inactive: readonly ChainImage[] | null;
}

export type DeleteStep =
  | CommitStep
  | StreamStep
  /** From here on the snapshots' own images are taken apart: their documents say so. */
  | { readonly action: 'mark' }
  | {
      readonly action: 'unlink';
      readonly file: string;
      readonly part: 'image' | 'memory';
      readonly bytes: number;
    }
  /** Takes a snapshot out of the images that hold it. */
  | { readonly action: 'internal'; readonly snapshot: string }
  | { readonly action: 'layers'; readonly layers: readonly KeptLayer[] }
  | { readonly action: 'forget'; readonly snapshot: string };

export interface DeletePlan {
  /** Children before parents. */
  readonly snapshots: readonly string[];
  readonly steps: readonly DeleteStep[];
  /** Images that nobody needs for themselves but that stay, and why. */
  readonly kept: readonly { readonly file: string; readonly reason: string }[];
  /** About how many bytes are copied. */
  readonly bytes: number;
}

/** What has to change in the documents of remaining snapshots once a step is done. */
export interface Rename {
  /** The frozen image in the domain's description, or the overlay in the snapshot's own list. */
  readonly part: 'base' | 'overlay';
  readonly from: readonly string[];
  readonly to: string;
}

/** @returns undefined if the step leaves every name as it is. */
export function renameAfter(step: DeleteStep): Rename | undefined {
  if (step.action === 'commit') return { part: 'base', from: [step.top], to: step.base };
  if (step.action === 'stream') return { part: 'overlay', from: step.from, to: step.into };
  return undefined;
}

/** What is asked for can't be done as things are; nothing has been touched. */
export class DeleteRefused extends Error {
  override readonly name = 'DeleteRefused';
}
