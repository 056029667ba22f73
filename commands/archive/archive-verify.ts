import { resolve } from 'node:path';
import { CommandError, defineCommand, SilentFailure } from '../../src/shell/index.js';
import { StreamBar } from '../snapshot/stream-bar.js';
import { onArchive } from './archive-errors.js';
import { openOptions, openOptionsOf } from './open-options.js';

export default defineCommand({
  name: 'archive-verify',
  group: 'archive',
  summary: 'check every block of a checkpoint archive',
  description: 'Check every block, hash and reference of a checkpoint archive.',
  manual: [
    'Each damage is told in a line of its own, with the stream and the bytes of it that cannot be read. The exit status is 0 only if nothing is wrong.',
    'A thin archive is checked with its base, as far as it leans on it; --without-base leaves that out.',
  ],
  options: [
    { name: 'file', type: 'string', required: true, completer: 'path', help: 'the archive' },
    ...openOptions,
    { name: 'without-base', type: 'flag', help: 'check only what is in this file' },
  ],
  noConnection: true,
  json: {
    object: {
      sound: 'boolean',
      blocks: 'integer',
      plainBytes: 'integer',
      storedBytes: 'integer',
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
    const options = await openOptionsOf(context, args);
    const withBase = !args.flag('without-base');
    const { output, signal } = context;
    const bar =
      output.streams.stderr.isTTY && !context.json && !output.quiet
        ? new StreamBar(output.streams.stderr)
        : undefined;
    const begun = performance.now();
    const report = await onArchive(path, async () => {
      const { openArchive, verifyArchive } = await import('../../src/archive/index.js');
      const archive = await openArchive(path, { ...options, withoutBase: !withBase });
      try {
        return await verifyArchive(archive, {
          withBase,
          signal,
          onProgress: ({ checked, total }) =>
            bar?.show({
              ...{ transferred: checked, remaining: total - checked, total },
              milliseconds: performance.now() - begun,
            }),
        });
      } finally {
        bar?.clear();
        await archive.close();
      }
    });
    if (report.sound) context.emit(report);
    // What has failed emits nothing else.
    else context.emitLine(report);
    for (const { stream, offset, length, message } of report.damages) {
      const where = stream === undefined ? '' : `${stream}, ${offset ?? '?'}+${length ?? '?'}: `;
      output.error(`${where}${message}`);
    }
    if (!report.sound) {
      if (report.damages.length === 0) throw new CommandError(`archive '${path}' is damaged`);
      throw new SilentFailure();
    }
    output.extra(`Archive '${path}' is sound: ${report.blocks} blocks checked`);
  },
});
