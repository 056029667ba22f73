import type { Duplex } from 'node:stream';
import { CommandError, InterruptedError, type RawTerminal } from '../../src/shell/index.js';

/** How much that was typed or pasted is kept for a guest that doesn't read it. */
const TYPED_LIMIT = 1024 * 1024;
/** How long what was typed before the escape character may take to get to the guest. */
const LAST_WORDS_MS = 500;

/**
 * Passes bytes between a terminal and a guest until the user leaves, or the guest ends.
 * @param leaving the byte that leaves. What was typed after it is left to whoever reads the terminal next.
 * @throws InterruptedError; CommandError the terminal is gone; what the guest's side failed with.
 */
export function relay(
  { input, output }: RawTerminal,
  guest: Duplex,
  leaving: number,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let settled = false;
    const settle = (failure?: unknown): void => {
      if (settled) return;
      settled = true;
      input.off('data', typed);
      input.off('end', terminalGone);
      input.off('error', terminalGone);
      output.off('drain', goOn);
      signal.removeEventListener('abort', interrupted);
      guest.off('data', printed);
      guest.pause();
      input.pause();
      if (failure === undefined) resolve();
      else reject(failure);
    };

    const typed = (chunk: string | Uint8Array): void => {
      const bytes = Buffer.from(chunk as Uint8Array);
      const at = bytes.indexOf(leaving);
      if (at < 0) {
        guest.write(bytes);
        // The escape character must be heard however long the guest takes: only a flood is held back.
        if (guest.writableLength > TYPED_LIMIT) input.pause();
        return;
      }
      input.off('data', typed);
      input.pause();
      if (at + 1 < bytes.length) input.unshift(bytes.subarray(at + 1));
      if (at === 0) {
        settle();
        return;
      }
      const limit = setTimeout(settle, LAST_WORDS_MS);
      guest.write(bytes.subarray(0, at), () => {
        clearTimeout(limit);
        settle();
      });
    };
    const printed = (chunk: Uint8Array): void => {
      if (!output.write(chunk)) guest.pause();
    };
    const goOn = (): void => {
      guest.resume();
    };
    const terminalGone = (): void => settle(new CommandError('internal error: EOF on stdin'));
    const interrupted = (): void => settle(new InterruptedError('interrupted'));

    input.on('data', typed);
    input.once('end', terminalGone);
    input.once('error', terminalGone);
    output.on('drain', goOn);
    signal.addEventListener('abort', interrupted, { once: true });
    guest.on('data', printed);
    guest.on('drain', () => {
      if (!settled) input.resume();
    });
    guest.once('end', () => settle());
    guest.once('close', () => settle());
    // Heard for good: what comes when all is over must not end the program.
    guest.on('error', settle);
    if (signal.aborted) interrupted();
    else input.resume();
  });
}
