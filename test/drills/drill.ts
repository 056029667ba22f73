import type { QemuProgram } from '../support/qemu.js';
import type { Random } from './random.js';
import type { TreeWorld } from './tree-world.js';
import type { World } from './world.js';

/** What came out of a drill. */
export interface DrillResult {
  /** What was done, in a few words. */
  readonly what: string;
  /** What is wrong; none if all is well. */
  readonly findings: readonly string[];
}

/** A drill on a guest that lives on, so that the next one can have it, too. */
export interface GuestDrill {
  readonly name: string;
  /** How many make a full run. */
  readonly usual: number;
  readonly needsGuest: true;
  run(world: World, random: Random): Promise<DrillResult>;
}

/** A drill on a guest with a tree of snapshots, which lives on as well. */
export interface TreeDrill {
  readonly name: string;
  readonly usual: number;
  readonly needsGuest: 'tree';
  /** The guest is to be busy all the time. */
  readonly load?: boolean;
  run(world: TreeWorld, random: Random): Promise<DrillResult>;
}

/** A drill that brings what it needs, or ends its guest. */
export interface LoneDrill {
  readonly name: string;
  readonly usual: number;
  readonly needsGuest: false;
  run(surroundings: Surroundings, random: Random): Promise<DrillResult>;
  /** Ends what a drill has kept for the next one of its kind. */
  finish?(): Promise<void>;
}

export interface Surroundings {
  readonly program: QemuProgram;
  /** The built snapctl.js. */
  readonly snapctl: string;
}

export type Drill = GuestDrill | TreeDrill | LoneDrill;
