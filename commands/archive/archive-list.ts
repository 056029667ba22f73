import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { ArchiveInfo } from '../../src/archive/index.js';
import {
  type Context,
  defineCommand,
  formatTable,
  localTime,
  prettyCapacity,
} from '../../src/shell/index.js';
import { onArchive } from './archive-errors.js';
import { archiveShape, blockCount, streamShape } from './archive-facts.js';
import { openOptions, openOptionsOf } from './open-options.js';

export default defineCommand({
  name: 'archive-list',
  group: 'archive',
  summary: 'list the streams of an archive, or the archives in a folder',
  description: 'List the streams of a checkpoint archive, or the checkpoint archives in a folder.',
  manual: [
    'Of an archive: each stream with its plain size, how many of its blocks are stored, are shared with others, are in the base, or are zero, and the bytes that they take.',
    'Of a folder: each file in it that is an archive and can be opened. Encrypted archives are opened with the key that is given; those with another key are left out.',
  ],
  options: [
    {
      name: 'path',
      type: 'string',
      completer: 'path',
      help: 'an archive, or a folder (default: the working directory)',
    },
    ...openOptions,
  ],
  noConnection: true,
  json: { oneOf: [{ list: streamShape }, { list: archiveShape }] },
  async run(context, args) {
    const path = resolve(args.optional('path') ?? '.');
    const options = await openOptionsOf(context, args);
    await onArchive(path, async () => {
      const { openArchive, ArchiveError } = await import('../../src/archive/index.js');
      const open = async (file: string): Promise<ArchiveInfo> => {
        const archive = await openArchive(file, { ...options, withoutBase: options.bases === undefined });
        await archive.close();
        return archive.info;
      };
      if (!(await stat(path)).isDirectory()) return listStreams(context, await open(path));
      const found: ArchiveInfo[] = [];
      for (const { name } of (await readdir(path, { withFileTypes: true })).filter((each) => each.isFile())) {
        context.signal.throwIfAborted();
        try {
          // A temporary file is an archive that isn't finished.
          if (!name.endsWith('.part')) found.push(await open(join(path, name)));
        } catch (error) {
          if (!(error instanceof ArchiveError) && !isRefusal(error)) throw error;
        }
      }
      return listArchives(context, found);
    });
  },
});

const isRefusal = (error: unknown): boolean =>
  ['EACCES', 'EPERM', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '');

async function listStreams(context: Context, { streams }: ArchiveInfo): Promise<void> {
  context.emit(streams);
  const rows = streams.map((stream) => {
    const { zero, raw, compressed, shared, base, patch, storedBytes } = stream.blocks;
    const stored = raw + compressed + patch;
    return [
      stream.name,
      String(stream.size),
      ...[blockCount(stream), stored, shared, base, zero, storedBytes].map(String),
    ];
  });
  const header = ['Stream', 'Size', 'Blocks', 'Stored', 'Shared', 'Base', 'Zero', 'Bytes'];
  context.output.print(await formatTable(context.output.quiet ? null : header, rows));
}

async function listArchives(context: Context, archives: readonly ArchiveInfo[]): Promise<void> {
  const sorted = [...archives].sort((a, b) => a.created - b.created);
  context.emit(sorted);
  const rows = sorted.map(({ path, created, bytes, base, comment }) => {
    const { value, unit } = prettyCapacity(BigInt(bytes));
    const when = localTime(BigInt(Math.floor(created / 1000)));
    return [
      path.slice(path.lastIndexOf('/') + 1),
      when,
      `${value} ${unit}`,
      base?.name ?? '-',
      comment || '-',
    ];
  });
  const header = ['Name', 'Created', 'Size', 'Base', 'Comment'];
  context.output.print(await formatTable(context.output.quiet ? null : header, rows));
}
