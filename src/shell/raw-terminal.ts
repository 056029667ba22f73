import type { Writable } from 'node:stream';
import type { Streams } from './output.js';
import { lendTerminal, type TerminalInput } from './terminal-loan.js';

/** The terminal itself, whose every byte goes through as it is. */
export interface RawTerminal {
  readonly input: TerminalInput;
  readonly output: Writable;
}

/** What ends a process that doesn't listen to it, without a chance to put the terminal's modes back. */
const deadly = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/**
 * Lends the terminal in raw mode, with nothing of ours painted on it. However the loan ends, by a signal too, the
 * terminal's modes are as before.
 * @throws Error standard input is no terminal.
 */
export async function withRawTerminal<T>(
  streams: Streams,
  use: (terminal: RawTerminal) => Promise<T>,
): Promise<T> {
  const { makeRaw } = await import('../terminal/raw-mode.js');
  const { stdout, display } = streams;
  return lendTerminal(
    streams,
    async (input) => {
      if (input.fd === undefined) throw new Error('standard input is no terminal');
      const restore = await makeRaw(input.fd);
      const dieOf = (name: NodeJS.Signals): void => {
        restore();
        process.kill(process.pid, name);
      };
      const unheard = deadly.filter((name) => process.listenerCount(name) === 0);
      for (const name of unheard) process.once(name, dieOf);
      process.once('exit', restore);
      try {
        return await use({ input, output: (stdout.isTTY && display?.terminal) || stdout });
      } finally {
        for (const name of unheard) process.off(name, dieOf);
        process.off('exit', restore);
        restore();
      }
    },
    { display: true },
  );
}
