import { withInkEnvironment } from './ink-environment.js';
import type { ShellOptions } from './shell-options.js';

export type { ShellOptions } from './shell-options.js';

/** Runs the interactive shell on this process's terminal. @returns the exit status. */
export async function runShell(options: ShellOptions): Promise<number> {
  const { Shell } = await withInkEnvironment(options.color, () => import('./shell.js'));
  return new Shell(options).run();
}
