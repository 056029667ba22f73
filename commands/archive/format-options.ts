import { resolve } from 'node:path';
import type { ArchiveFormat } from '../../src/hypervisor/index.js';
import { type Arguments, CommandError, type Context, type OptionSpec } from '../../src/shell/index.js';
import { secretOf } from './secret.js';

/** How an archive is written: options of all commands that write one. */
export const formatOptions = [
  {
    name: 'base',
    type: 'string',
    positional: false,
    completer: 'path',
    help: 'store only what this archive lacks',
  },
  { name: 'standalone', type: 'flag', help: 'store everything (the default)' },
  {
    name: 'block-size',
    type: 'scaled',
    positional: false,
    help: 'bytes to compress at once, 4KiB to 1MiB (default 64KiB)',
  },
  {
    name: 'dictionary',
    type: 'string',
    positional: false,
    values: ['auto', 'on', 'off'],
    help: 'train a dictionary on the memory: auto (the default), on or off',
  },
  { name: 'encrypt', type: 'flag', help: 'encrypt the archive (AES-256-GCM)' },
  {
    name: 'key-file',
    type: 'string',
    positional: false,
    completer: 'path',
    help: 'take the key from this file rather than a passphrase',
  },
  { name: 'comment', type: 'string', positional: false, help: 'a text to be kept in the archive' },
] as const satisfies readonly OptionSpec[];

type Given = Pick<Arguments<typeof formatOptions>, 'optional' | 'flag' | 'scaled' | 'has'>;

/** @throws CommandError a value makes no sense, or no passphrase was given. */
export async function archiveFormatOf(context: Context, args: Given): Promise<ArchiveFormat> {
  const base = args.optional('base');
  if (base !== undefined && args.flag('standalone'))
    throw new CommandError('Options --base and --standalone are mutually exclusive');
  const blockSize = args.has('block-size') ? Number(args.scaled('block-size', 1n)) : undefined;
  if (blockSize !== undefined && !isBlockSize(blockSize))
    throw new CommandError('--block-size must be a power of two from 4KiB to 1MiB');
  const dictionary = args.optional('dictionary');
  if (dictionary !== undefined && dictionary !== 'auto' && dictionary !== 'on' && dictionary !== 'off')
    throw new CommandError(`Unknown dictionary mode '${dictionary}': expected auto, on or off`);
  const comment = args.optional('comment');
  if (comment !== undefined && Buffer.byteLength(comment) > 4096)
    throw new CommandError('a comment may have 4096 bytes at most');
  const keyFile = args.optional('key-file');
  if (keyFile !== undefined && !args.flag('encrypt'))
    throw new CommandError('Option --encrypt is required by option --key-file');
  return {
    base: base === undefined ? undefined : resolve(base),
    blockSize,
    dictionary,
    comment,
    encryption: args.flag('encrypt') ? await secretOf(context, keyFile, { twice: true }) : undefined,
  };
}

const isBlockSize = (size: number): boolean =>
  size >= 4096 && size <= 1 << 20 && Number.isInteger(Math.log2(size));
