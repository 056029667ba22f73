import type { Streams } from './output.js';

type Listener = (...args: unknown[]) => void;

/** What a line editor or a full-screen shell listens to; a key for the borrower must not reach it as well. */
const INPUT_EVENTS = ['data', 'readable'] as const;

/** What is used of a terminal's input; a stream that is none lacks some of it. */
export interface TerminalInput extends NodeJS.ReadableStream {
  readonly isTTY?: boolean;
  readonly fd?: number;
  readonly isRaw?: boolean;
  readonly readableFlowing?: boolean | null;
  setRawMode?(raw: boolean): unknown;
}

export interface LoanOptions {
  /** The screen is lent as well: what is painted there is taken away meanwhile. */
  readonly display?: boolean;
}

/**
 * Hands the terminal's input to somebody else for a while: whoever reads it here hears nothing, and it is in its
 * ordinary line mode. Afterwards all is as before. Input that is no terminal is left alone.
 */
export async function lendTerminal<T>(
  streams: Pick<Streams, 'stdin' | 'display'>,
  use: (input: TerminalInput) => Promise<T>,
  options: LoanOptions = {},
): Promise<T> {
  const display = options.display ? streams.display : undefined;
  const input = streams.stdin as TerminalInput;
  if (!input.isTTY) return use(input);
  const raw = input.isRaw === true;
  const flowing = input.readableFlowing === true;
  const listeners = INPUT_EVENTS.map((event) => [event, input.listeners(event) as Listener[]] as const);
  for (const [event] of listeners) input.removeAllListeners(event);
  input.pause();
  display?.release();
  if (raw) input.setRawMode?.(false);
  try {
    return await use(input);
  } finally {
    if (raw) input.setRawMode?.(true);
    display?.reclaim();
    for (const [event, those] of listeners) for (const listener of those) input.on(event, listener);
    if (flowing) input.resume();
    else input.pause();
  }
}
