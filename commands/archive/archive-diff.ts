import { resolve } from 'node:path';
import { defineCommand, formatTable } from '../../src/shell/index.js';
import { onArchive } from './archive-errors.js';
import { openOptions, openOptionsOf } from './open-options.js';

export default defineCommand({
  name: 'archive-diff',
  group: 'archive',
  summary: 'compare two checkpoint archives',
  description: 'Compare two checkpoint archives, stream by stream.',
  manual: [
    'Changed is how many plain bytes are in blocks of the second archive that the first has not got at the same place; of memory, at the same addresses of the guest. --ranges also lists the places, for disks and other data.',
    'A thin archive and its base are compared by their index alone. Others are read.',
  ],
  options: [
    { name: 'before', type: 'string', required: true, completer: 'path', help: 'the first archive' },
    { name: 'after', type: 'string', required: true, completer: 'path', help: 'the second archive' },
    ...openOptions,
    { name: 'ranges', type: 'flag', help: 'list what has changed' },
  ],
  noConnection: true,
  json: {
    list: {
      object: {
        name: 'string',
        kind: 'string',
        state: 'string',
        'sizeBefore?': 'integer',
        'sizeAfter?': 'integer',
        changedBytes: 'integer',
        ranges: { list: { object: { offset: 'integer', length: 'integer' } } },
      },
    },
  },
  async run(context, args) {
    const [before, after] = [resolve(args.text('before')), resolve(args.text('after'))];
    const options = await openOptionsOf(context, args);
    const differences = await onArchive(before, async () => {
      const { diffArchives, openArchive } = await import('../../src/archive/index.js');
      const first = await openArchive(before, options);
      try {
        // The first is often the base of the second.
        const bases = [...(options.bases ?? []), before];
        const second = await openArchive(after, { ...options, bases });
        try {
          return await diffArchives(first, second, context.signal);
        } finally {
          await second.close();
        }
      } finally {
        await first.close();
      }
    });
    context.emit(differences);
    const size = (bytes: number | undefined): string => (bytes === undefined ? '-' : String(bytes));
    const rows = differences.map(({ name, state, sizeBefore, sizeAfter, changedBytes }) => [
      ...[name, state, size(sizeBefore), size(sizeAfter), String(changedBytes)],
    ]);
    const header = ['Stream', 'State', 'Before', 'After', 'Changed'];
    const quiet = context.output.quiet;
    context.output.print(await formatTable(quiet ? null : header, rows));
    if (!args.flag('ranges')) return;
    const ranges = differences.flatMap(({ name, ranges: list }) =>
      list.map(({ offset, length }) => [name, String(offset), String(length)]),
    );
    context.output.print('\n');
    context.output.print(await formatTable(quiet ? null : ['Stream', 'Offset', 'Length'], ranges));
  },
});
