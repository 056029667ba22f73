import type { JobInfo } from '../hypervisor/index.js';
import type { Screen } from '../shell/index.js';

/** A command that runs in the shell. */
export interface RunningState {
  readonly line: string;
  readonly abort: AbortController;
  readonly since: number;
  readonly screen: Screen;
  job?: JobInfo;
  /** Ctrl-D was hit: whether to leave is being asked. */
  asking?: boolean;
}
