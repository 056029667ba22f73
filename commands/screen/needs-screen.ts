import { CommandError, type Context, type Screen } from '../../src/shell/index.js';

/** The shell's screen. @throws CommandError there is none: a pipe, a script, or the program's own command line. */
export function screenOf(context: Context, command: string): Screen {
  if (context.screen && !context.json) return context.screen;
  throw new CommandError(`command '${command}' works only in the interactive shell, on a terminal`);
}
