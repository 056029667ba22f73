import { createInterface } from 'node:readline/promises';
import type { Context } from './context.js';

/**
 * Asks on the terminal until one of the letters is given; `?` explains them.
 * @returns the letter; undefined at the end of input or on interrupt.
 */
export async function askChoice<L extends string>(
  context: Context,
  question: string,
  choices: readonly (readonly [L, string])[],
): Promise<L | undefined> {
  const { stdin, stdout } = context.output.streams;
  const lines = createInterface({ input: stdin, output: stdout });
  const ended = new AbortController();
  lines.once('close', () => ended.abort());
  const signal = AbortSignal.any([context.signal, ended.signal]);
  try {
    for (;;) {
      const letters = [...choices.map(([letter]) => letter), '?'].join(',');
      const answer = (await lines.question(`${question} [${letters}]: `, { signal })).trim().toLowerCase();
      const chosen = choices.find(([letter]) => letter === answer);
      if (chosen) return chosen[0];
      if (answer === '?') {
        for (const [letter, meaning] of choices) context.output.print(`${letter} - ${meaning}\n`);
        context.output.print('? - print this help\n');
      }
    }
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  } finally {
    lines.close();
  }
}
