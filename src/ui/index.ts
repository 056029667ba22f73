import { withInkEnvironment } from './ink-environment.js';
import type { ShellOptions } from './shell-options.js';

export { paintFirstPrompt } from './first-prompt.js';
export type { ShellOptions } from './shell-options.js';
export type { Standing } from './terminal-screen.js';

/** Runs the interactive shell on this process's terminal. @returns the exit status. */
export type RunShell = (options: ShellOptions) => Promise<number>;

/** Loads the interactive shell, which is most of what there is to do until its first prompt. */
export async function loadShell(color: boolean): Promise<RunShell> {
  const { Shell } = await withInkEnvironment(color, () => import('./shell.js'));
  return (options) => new Shell(options).run();
}
