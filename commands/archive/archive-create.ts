import { resolve } from 'node:path';
import type { ArchiveFacts, ArchiveProgress } from '../../src/hypervisor/index.js';
import {
  CommandError,
  type Context,
  defineCommand,
  exclusive,
  findDomain,
  InterruptedError,
} from '../../src/shell/index.js';
import { archiveFormatOf, formatOptions } from './format-options.js';
import { ArchiveProgressView } from './progress-view.js';

export default defineCommand({
  name: 'archive-create',
  group: 'archive',
  summary: 'write a guest into one file: memory and disks of one instant',
  description: 'Write the memory and all disks of a guest at one instant into one compressed file.',
  manual: [
    'The guest goes on: its disks get an overlay each at that instant, its memory is compressed as it comes from QEMU, and its disks are read from below the overlays. When the archive is whole the overlays are merged back and removed. Without --live the guest stands still while its memory is read; with --live for some milliseconds only. The archive continues with archive-boot, and is unpacked with archive-restore.',
    'The file appears under its name only when it is whole, belongs to its owner alone (mode 0600), and never replaces another. Should anything fail, or snapctl be killed, the guest runs on, the overlays are merged back, and nothing is left of the archive; `recover` does the same by hand.',
    '--quiesce freezes the file systems of the guest through its agent at that instant. --no-memory leaves the memory out; --disk, once for each disk, chooses disks then. --keep-overlay leaves the guest on its overlays: the images below stay as they are in the archive.',
    '--base names an earlier archive: only what it lacks is stored, and it is needed to read the new one. --block-size is how much is compressed at once; --dictionary whether small repeated contents are trained from the memory first. --encrypt asks for a passphrase, or takes the key in --key-file. --comment is kept in the archive.',
    'For a domain that is shut off, and for the images that --image names (`NAME=PATH` or a path, with the format before it as in `qcow2:/srv/disk.img`) in place of a domain, the archive holds disks alone.',
    'Domains of libvirt get a snapshot with memory through libvirt, whose parts are put into the archive; that takes room for the memory beside the archive meanwhile.',
  ],
  options: [
    { name: 'domain', type: 'string', completer: 'domain', help: 'domain name, id or uuid' },
    { name: 'file', type: 'string', completer: 'path', help: 'the archive to be written' },
    { name: 'live', type: 'flag', help: 'let the guest run on while its memory is read' },
    { name: 'quiesce', type: 'flag', help: "freeze the guest's file systems at that instant" },
    { name: 'no-memory', type: 'flag', help: 'archive the disks alone' },
    { name: 'keep-overlay', type: 'flag', help: 'leave the guest on its overlays' },
    {
      name: 'method',
      type: 'string',
      positional: false,
      values: ['background', 'precopy', 'stopped'],
      help: 'how memory is read: background, precopy or stopped',
    },
    ...formatOptions,
    { name: 'progress', type: 'flag', help: 'show how far it is, also where standard error is no terminal' },
    { name: 'disk', type: 'argv', completer: 'disk-target', help: 'a disk to be archived' },
  ],
  rules: [exclusive('live', 'no-memory'), exclusive('method', 'no-memory')],
  long: true,
  json: {
    object: {
      file: 'string',
      domain: 'string',
      method: 'string',
      reason: 'string',
      pauseMs: { oneOf: ['number', 'null'] },
      elapsedMs: 'number',
      uuid: 'string',
      bytes: 'number',
      dictionary: 'boolean',
      streams: { list: { object: { name: 'string', size: 'number', storedBytes: 'number' } } },
      overlays: { list: { object: { disk: 'string', file: 'string' } } },
      obstacles: { list: 'string' },
    },
  },
  async run(context, args) {
    const key = args.optional('domain');
    const file = args.optional('file');
    if (key === undefined || file === undefined)
      throw new CommandError('a domain and the file of the archive are needed');
    const domain = await findDomain(context, key);
    const format = await archiveFormatOf(context, args);
    const { signal } = context;
    const view = ArchiveProgressView.of(context, args.flag('progress'));
    const options = {
      ...format,
      live: args.flag('live'),
      quiesce: args.flag('quiesce'),
      memory: !args.flag('no-memory'),
      disks: args.has('disk') ? args.list('disk') : undefined,
      keepOverlay: args.flag('keep-overlay'),
      method: args.optional('method'),
      signal,
      ...(view ? { onProgress: (progress: ArchiveProgress) => view.show(progress) } : {}),
    };
    let facts: ArchiveFacts;
    try {
      if (!domain.archiveCreate) throw new CommandError('not yet');
      facts = await domain.archiveCreate(resolve(file), options);
    } catch (error) {
      if (signal.aborted) throw new InterruptedError('interrupted', { cause: error });
      throw error;
    } finally {
      view?.clear();
    }
    tell(context, domain.name, facts);
  },
});

function tell({ emit, output }: Context, domain: string, facts: ArchiveFacts): void {
  const { pauseMilliseconds, milliseconds, ...rest } = facts;
  emit({ domain, ...rest, pauseMs: pauseMilliseconds, elapsedMs: Math.round(milliseconds) });
  for (const { disk, file } of facts.overlays) output.extra(`Disk ${disk} goes on in ${file}`);
  for (const obstacle of facts.obstacles) output.notice(`archive-boot cannot start it as it is: ${obstacle}`);
  output.extra(`Domain '${domain}' archived to ${facts.file}`);
}
