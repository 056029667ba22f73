import { basename, resolve } from 'node:path';
import type { ArchiveReader, OpenOptions } from '../../src/archive/index.js';
import { CommandError, type Context, defineCommand, systemErrorText } from '../../src/shell/index.js';
import { StreamBar } from '../snapshot/stream-bar.js';
import { onArchive } from './archive-errors.js';
import { openOptions, openOptionsOf } from './open-options.js';

export default defineCommand({
  name: 'archive-extract',
  group: 'archive',
  summary: 'take a stream out of a checkpoint archive',
  description: 'Write a stream of a checkpoint archive to a file.',
  manual: [
    'The streams are listed by archive-list: memory (a migration stream of QEMU), disk/NAME (a raw image), nvram, domain.json and others. Without --output the file is named after the last part of the stream, in the working directory. Runs of zeroes become holes.',
    'A file that exists is never overwritten, and a file has its name only when it is whole. Damage ends the command; with --salvage it goes on, and leaves zeroes in place of what cannot be read, also of an archive that was cut off.',
  ],
  options: [
    { name: 'file', type: 'string', required: true, completer: 'path', help: 'the archive' },
    { name: 'stream', type: 'string', required: true, help: 'name of the stream' },
    { name: 'output', type: 'string', completer: 'path', help: 'file to write' },
    ...openOptions,
    { name: 'salvage', type: 'flag', help: 'go on after damage' },
  ],
  noConnection: true,
  json: {
    object: {
      stream: 'string',
      file: 'string',
      bytes: 'integer',
      damages: {
        list: {
          object: {
            problem: 'string',
            'stream?': 'string',
            'offset?': 'integer',
            'length?': 'integer',
            message: 'string',
          },
        },
      },
    },
  },
  async run(context, args) {
    const path = resolve(args.text('file'));
    const stream = args.text('stream');
    const output = args.optional('output') ?? basename(stream);
    const salvage = args.flag('salvage');
    const options = await openOptionsOf(context, args);
    await onArchive(path, async () => {
      const { archive, damages } = await open(path, options, salvage);
      try {
        const target = resolve(output);
        const report = await toFile(context, archive, stream, { target, salvage });
        const all = [...damages, ...report.damages];
        context.emit({ stream, file: target, bytes: report.bytes, damages: all });
        for (const { offset, length, message } of all) {
          const where = offset === undefined ? '' : `${stream}, ${offset}+${length ?? '?'}: `;
          context.output.notice(`warning: ${where}${message}`);
        }
        context.output.extra(`Stream '${stream}' written to '${target}': ${report.bytes} bytes`);
      } finally {
        await archive.close();
      }
    });
  },
});

async function open(
  path: string,
  options: OpenOptions,
  salvage: boolean,
): ReturnType<typeof import('../../src/archive/index.js')['openDamagedArchive']> {
  const { openArchive, openDamagedArchive } = await import('../../src/archive/index.js');
  return salvage
    ? openDamagedArchive(path, options)
    : { archive: await openArchive(path, options), damages: [] };
}

async function toFile(
  context: Context,
  archive: ArchiveReader,
  stream: string,
  { target, salvage }: { readonly target: string; readonly salvage: boolean },
): ReturnType<typeof import('../../src/archive/index.js')['extractStream']> {
  const { extractStream } = await import('../../src/archive/index.js');
  const { stderr } = context.output.streams;
  const bar = stderr.isTTY && !context.json && !context.output.quiet ? new StreamBar(stderr) : undefined;
  const begun = performance.now();
  try {
    return await extractStream(archive, stream, target, {
      salvage,
      signal: context.signal,
      onProgress: (transferred, total) =>
        bar?.show({
          ...{ transferred, remaining: total - transferred, total },
          milliseconds: performance.now() - begun,
        }),
    });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined || !/^E[A-Z0-9]+$/.test(code)) throw error;
    throw new CommandError(`cannot write '${target}': ${systemErrorText(error)}`);
  } finally {
    bar?.clear();
  }
}
