import { resolve } from 'node:path';
import { defineCommand, localTime, prettyCapacity } from '../../src/shell/index.js';
import { onArchive } from './archive-errors.js';
import { archiveShape, plainBytes } from './archive-facts.js';
import { openOptions, openOptionsOf } from './open-options.js';

export default defineCommand({
  name: 'archive-info',
  group: 'archive',
  summary: 'describe a checkpoint archive',
  description: 'Describe a checkpoint archive.',
  manual: [
    'Reads the header and the index, which are checked; archive-verify checks everything else. The base of a thin archive is only looked at if it is given.',
  ],
  options: [
    { name: 'file', type: 'string', required: true, completer: 'path', help: 'the archive' },
    ...openOptions,
  ],
  noConnection: true,
  json: archiveShape,
  async run(context, args) {
    const path = resolve(args.text('file'));
    const options = await openOptionsOf(context, args);
    const { info } = await onArchive(path, async () => {
      const { openArchive } = await import('../../src/archive/index.js');
      const archive = await openArchive(path, { ...options, withoutBase: options.bases === undefined });
      await archive.close();
      return archive;
    });
    context.emit(info);
    const lines: [string, string][] = [
      ['File', info.path],
      ['UUID', info.uuid],
      ['Format', String(info.version)],
      ['Created', localTime(BigInt(Math.floor(info.created / 1000)))],
      ...(info.comment ? [['Comment', info.comment] as [string, string]] : []),
      ...(info.base
        ? ([
            ['Base', info.base.name],
            ['Base UUID', info.base.uuid],
          ] as [string, string][])
        : []),
      ['Encrypted', info.encrypted ? 'yes' : 'no'],
      ['Dictionary', info.dictionary ? 'yes' : 'no'],
      ['Block size', String(info.blockSize)],
      ['Streams', String(info.streams.length)],
      ['Contents', sized(plainBytes(info))],
      ['Size', sized(info.bytes)],
    ];
    for (const [name, value] of lines) context.output.print(`${`${name}:`.padEnd(16)}${value}\n`);
  },
});

function sized(bytes: number): string {
  const { value, unit } = prettyCapacity(BigInt(bytes));
  return `${value} ${unit}`;
}
