import type { Context } from './context.js';
import { lendTerminal, type TerminalInput } from './terminal-loan.js';

/** Ctrl-C and Ctrl-D, which a terminal in raw mode delivers as characters. */
const LEAVING = ['\u0003', '\u0004'];

/**
 * Asks on the terminal until the key of one of the answers is hit, without Enter; `?` explains them. Other keys
 * do nothing.
 * @param choices letter and meaning of each answer, letters in lower case.
 * @returns the letter; undefined on Ctrl-C, Ctrl-D, at the end of input or on interrupt.
 */
export function askChoice<L extends string>(
  context: Context,
  question: string,
  choices: readonly (readonly [L, string])[],
): Promise<L | undefined> {
  const { output, signal } = context;
  const prompt = `${question} [${[...choices.map(([letter]) => letter), '?'].join(',')}]: `;
  return lendTerminal(output.streams, async (input) => {
    input.setRawMode?.(true);
    try {
      output.print(prompt);
      for await (const key of keys(input, signal)) {
        const chosen = choices.find(([letter]) => letter === key.toLowerCase());
        if (chosen) {
          output.print(`${key}\n`);
          return chosen[0];
        }
        if (LEAVING.includes(key)) break;
        if (key === '?') {
          const help = [...choices, ['?', 'print this help'] as const];
          output.print(`\n${help.map(([letter, meaning]) => `${letter} - ${meaning}\n`).join('')}${prompt}`);
        }
      }
      output.print('\n');
      return undefined;
    } finally {
      input.setRawMode?.(false);
    }
  });
}

/** Characters as they come. What came with the last one that was taken goes back to the stream. */
async function* keys(input: TerminalInput, signal: AbortSignal): AsyncGenerator<string> {
  while (!signal.aborted) {
    const chunk = await nextChunk(input, signal);
    if (chunk === undefined) return;
    const characters = [...chunk];
    try {
      while (characters.length > 0) yield characters.shift() as string;
    } finally {
      if (characters.length > 0) input.unshift(characters.join(''));
    }
  }
}

function nextChunk(input: TerminalInput, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    const finish = (chunk: string | undefined): void => {
      input.off('data', onData);
      input.off('end', onEnd);
      signal.removeEventListener('abort', onEnd);
      input.pause();
      resolve(chunk);
    };
    const onData = (chunk: string | Uint8Array): void => finish(Buffer.from(chunk).toString('utf8'));
    const onEnd = (): void => finish(undefined);
    input.on('data', onData);
    input.once('end', onEnd);
    signal.addEventListener('abort', onEnd, { once: true });
    input.resume();
  });
}
