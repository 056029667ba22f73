import type { JobInfo } from '../hypervisor/index.js';
import type { Session } from './session.js';

/** How much of the status pane is shown. */
export type StatusMode = 'on' | 'off' | 'full';

/** A snapshot in a tree that is walked through; texts are as they come. */
export interface SnapshotTreeEntry {
  readonly name: string;
  /** The branches before its name. */
  readonly branches: string;
  readonly current: boolean;
  /** `external, memory, running, 102 MiB` */
  readonly facts: string;
  readonly details: readonly string[];
}

/** What can be done to a snapshot in the tree. */
export type SnapshotTreeAction = 'revert' | 'delete';

export interface SnapshotTreeProps {
  readonly domain: string;
  readonly entries: readonly SnapshotTreeEntry[];
  /** Name of the one that the tree opens on; the current one, if left out. */
  readonly selected?: string | undefined;
  /** How the last action ended. */
  readonly message?: string | undefined;
  readonly readonly: boolean;
  /** What an action will do, to which files, a line each. @throws it can't be done */
  readonly forecast: (action: SnapshotTreeAction, name: string) => Promise<readonly string[]>;
}

/** What to do next; undefined to leave. */
export type SnapshotTreeResult = { readonly action: SnapshotTreeAction; readonly name: string } | undefined;

/**
 * Interactive views: for each name, what a command gives it and what it comes back with. The components are in
 * the ui room.
 */
export interface Views {
  /** The status of every domain, and nothing else. */
  readonly watch: { readonly props: { readonly session: Session }; readonly result: undefined };
  readonly 'snapshot-tree': { readonly props: SnapshotTreeProps; readonly result: SnapshotTreeResult };
}

export type ViewName = keyof Views;
export type ViewProps<N extends ViewName> = Views[N] extends { readonly props: infer P } ? P : never;
export type ViewResult<N extends ViewName> = Views[N] extends { readonly result: infer R } ? R : never;

/** The terminal of the interactive shell, for the few commands that do more there than print. */
export interface Screen {
  /**
   * Gives the whole terminal to a view until it is done.
   * @throws InterruptedError the command was interrupted meanwhile.
   */
  show<N extends ViewName>(view: N, props: ViewProps<N>): Promise<ViewResult<N>>;
  /** Folds or unfolds the status pane. */
  setStatus(mode: StatusMode): void;
  /** Shows how far the running command's job is. */
  progress(job: JobInfo): void;
}
