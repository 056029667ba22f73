import { resolve } from 'node:path';
import { CommandError, type Context } from '../../src/shell/index.js';
import { askHidden } from '../shell/ask-hidden.js';

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
