import type { Output, Session } from '../shell/index.js';
import type { Standing } from './terminal-screen.js';

interface FirstPromptOptions {
  readonly output: Output;
  readonly session: Session;
  readonly banner: string;
  readonly color: boolean;
}

/**
 * Paints the first prompt, by hand: loading what paints all that follows takes as long again as it took to get here.
 * Keys that are hit meanwhile wait in the terminal, unseen, until the shell reads them.
 * @returns what the shell finds on the terminal; undefined if it is read to somebody, who would hear the prompt twice.
 */
export function paintFirstPrompt({
  output,
  session,
  banner,
  color,
}: FirstPromptOptions): Standing | undefined {
  if (process.env.INK_SCREEN_READER === 'true') return undefined;
  process.stdin.setRawMode(true);
  output.extra(banner);
  // The status pane's first row is left free, so that the prompt is where it stays.
  const frame = `\n\x1b[1m${color ? '\x1b[36m' : ''}${session.prompt}\x1b[0m`;
  process.stdout.write(frame);
  return { frame, cursor: { rowsBelow: 0, column: session.prompt.length } };
}
