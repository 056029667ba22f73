import { resolve } from 'node:path';
import { CommandError, type Context, InterruptedError, lendTerminal } from '../../src/shell/index.js';

type Secret = { readonly passphrase: string } | { readonly keyFile: string };

/**
 * The key of an encrypted archive: in a file, or a passphrase that is asked for on the terminal without showing it.
 * @param options twice: ask again, since a slip of the finger would lose the archive.
 * @throws CommandError there is no terminal to ask on; InterruptedError
 */
export async function secretOf(
  context: Context,
  keyFile: string | undefined,
  { twice = false } = {},
): Promise<Secret> {
  if (keyFile !== undefined) return { keyFile: resolve(keyFile) };
  if (!context.output.streams.stdin.isTTY)
    throw new CommandError('a passphrase can be asked for on a terminal only: use --key-file');
  const passphrase = await askHidden(context, 'Passphrase: ');
  if (passphrase === '') throw new CommandError('an empty passphrase protects nothing');
  if (twice && (await askHidden(context, 'Passphrase again: ')) !== passphrase)
    throw new CommandError('the passphrases differ');
  return { passphrase };
}

/** Reads a line that is not shown. */
function askHidden({ output, signal }: Context, question: string): Promise<string> {
  return lendTerminal(output.streams, async (input) => {
    input.setRawMode?.(true);
    output.streams.stderr.write(question);
    let typed = '';
    try {
      for (;;) {
        const chunk = await nextChunk(input, signal);
        for (const key of chunk) {
          if (key === '\r' || key === '\n') return typed;
          if (key === '\u0003' || key === '\u0004') throw new InterruptedError('interrupted');
          if (key === '\u007f' || key === '\b') typed = [...typed].slice(0, -1).join('');
          else if (key === '\u0015') typed = '';
          else if (key >= ' ') typed += key;
        }
      }
    } finally {
      input.setRawMode?.(false);
      output.streams.stderr.write('\n');
    }
  });
}

type Input = Parameters<Parameters<typeof lendTerminal>[1]>[0];

function nextChunk(input: Input, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      input.off('data', onData);
      input.off('end', onEnd);
      signal.removeEventListener('abort', onEnd);
      input.pause();
    };
    const onData = (chunk: string | Uint8Array): void => {
      stop();
      resolve(Buffer.from(chunk).toString('utf8'));
    };
    const onEnd = (): void => {
      stop();
      reject(new InterruptedError('interrupted'));
    };
    input.on('data', onData);
    input.once('end', onEnd);
    signal.addEventListener('abort', onEnd, { once: true });
    input.resume();
  });
}
