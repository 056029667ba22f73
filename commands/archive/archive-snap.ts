import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { CommandError, defineCommand, InterruptedError } from '../../src/shell/index.js';
import { archiveCreatedShape, tellCreated } from './created.js';
import { archiveFormatOf, formatOptions } from './format-options.js';
import { ArchiveProgressView } from './progress-view.js';

export default defineCommand({
  name: 'archive-snap',
  group: 'archive',
  summary: 'archive a guest that runs from an archive',
  description: 'Write a guest that was booted from an archive, as it is now, into another archive.',
  manual: [
    'For a guest that archive-boot has started with --overlay (or any other QEMU whose disk is an overlay on the disk of an archive). Its memory, what it has written to the overlay and what it has not written to are put together into an archive that needs no other; with --thin only what the base lacks is stored, and the base is needed to read it. The guest goes on, whatever fails.',
  ],
  options: [
    {
      name: 'socket',
      type: 'string',
      required: true,
      positional: false,
      completer: 'path',
      help: "the guest's QMP socket",
    },
    {
      name: 'overlay',
      type: 'string',
      required: true,
      positional: false,
      completer: 'path',
      help: 'the overlay that it writes to',
    },
    {
      name: 'output',
      type: 'string',
      required: true,
      positional: false,
      completer: 'path',
      help: 'the archive to be written',
    },
    { name: 'thin', type: 'flag', help: 'store only what the base lacks' },
    {
      name: 'method',
      type: 'string',
      positional: false,
      values: ['background', 'precopy', 'stopped'],
      help: 'how memory is read: background, precopy or stopped',
    },
    { name: 'progress', type: 'flag', help: 'show how far it is, also where standard error is no terminal' },
    ...formatOptions,
  ],
  noConnection: true,
  long: true,
  json: archiveCreatedShape,
  async run(context, args) {
    const socket = resolve(args.text('socket'));
    const overlay = await realpath(args.text('overlay')).catch(() => {
      throw new CommandError(`overlay '${args.text('overlay')}' is not there`);
    });
    if (args.optional('base') === undefined) throw new CommandError('command requires --base option');
    const { base, ...format } = await archiveFormatOf(context, args);
    const { signal } = context;
    const view = ArchiveProgressView.of(context, args.flag('progress'));
    const { snapBooted } = await import('../../src/snapshot/archive-snap.js');
    try {
      const { domain, facts } = await snapBooted(socket, overlay, resolve(args.text('output')), {
        ...format,
        base: base as string,
        thin: args.flag('thin'),
        method: args.optional('method'),
        signal,
        ...(view ? { onProgress: (progress) => view.show(progress) } : {}),
      });
      view?.clear();
      tellCreated(context, domain, facts);
    } catch (error) {
      if (signal.aborted) throw new InterruptedError('interrupted', { cause: error });
      throw error;
    } finally {
      view?.clear();
    }
  },
});
