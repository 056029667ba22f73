import type { JobInfo } from '../hypervisor/index.js';

/** How much of the status pane is shown. */
export type StatusMode = 'on' | 'off' | 'full';

/**
 * Interactive views: for each name, what a command gives it and what it comes back with. The components are in
 * the ui room.
 */
// biome-ignore lint/suspicious/noEmptyInterface: views are added by the commands that have one
export interface Views {}

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
