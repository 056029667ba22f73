import { resolve } from 'node:path';
import type { OpenOptions } from '../../src/archive/index.js';
import type { Arguments, Context, OptionSpec } from '../../src/shell/index.js';
import { secretOf } from './secret.js';

/** How an archive is opened: options of the commands that read one. */
export const openOptions = [
  {
    name: 'base',
    type: 'string',
    positional: false,
    completer: 'path',
    help: 'the archive that this one leans on, if it is not beside it',
  },
  { name: 'passphrase', type: 'flag', help: 'ask for the passphrase of an encrypted archive' },
  {
    name: 'key-file',
    type: 'string',
    positional: false,
    completer: 'path',
    help: 'the key of an encrypted archive is in this file',
  },
] as const satisfies readonly OptionSpec[];

/** @throws CommandError a passphrase cannot be asked for. */
export async function openOptionsOf(
  context: Context,
  args: Pick<Arguments<typeof openOptions>, 'optional' | 'flag'>,
): Promise<OpenOptions> {
  const base = args.optional('base');
  const keyFile = args.optional('key-file');
  const secret =
    keyFile !== undefined || args.flag('passphrase') ? await secretOf(context, keyFile) : undefined;
  return { ...(base === undefined ? {} : { bases: [resolve(base)] }), ...(secret ? { secret } : {}) };
}
