import { resolve } from 'node:path';
import type {
  ArchiveCreateOptions,
  ArchiveFacts,
  ArchiveProgress,
  Domain,
} from '../../src/hypervisor/index.js';
import {
  CommandError,
  type Context,
  defineCommand,
  exclusive,
  findDomain,
  InterruptedError,
  runDomainJob,
} from '../../src/shell/index.js';
import { archiveCreatedShape, tellCreated } from './created.js';
import { archiveFormatOf, formatOptions } from './format-options.js';
import { archivePlainImages } from './plain-images.js';
import { ArchiveProgressView } from './progress-view.js';

export default defineCommand({
  name: 'archive-create',
  group: 'archive',
  summary: 'write a guest into one file: memory and disks of one instant',
  description: 'Write the memory and all disks of a guest at one instant into one compressed file.',
  manual: [
    'The guest goes on: its disks get an overlay each at that instant, its memory is compressed as it comes from QEMU, and its disks are read from below the overlays. When the archive is whole the overlays are merged back and removed. Without --live the guest stands still while its memory is read; with --live for some milliseconds only. The archive continues with archive-boot, and is unpacked with archive-restore.',
    'The file appears under its name only when it is whole, belongs to its owner alone (mode 0600), and never replaces another. Should anything fail, or snapctl be killed, the guest runs on, the overlays are merged back, and nothing is left of the archive; `recover` does the same by hand.',
    'With --live snapctl chooses how the memory of a guest that is reached directly (qmp:) is read: by pre-copy while the guest hardly uses its processors, which is quickest; otherwise, or if it does not stay so calm, and with --quiesce, in the background (see snapshot-create-as). --method overrides the choice.',
    '--quiesce freezes the file systems of the guest through its agent at that instant. --no-memory leaves the memory out; --disk, once for each disk, chooses disks then. --keep-overlay leaves the guest on its overlays: the images below stay as they are in the archive.',
    '--base names an earlier archive: only what it lacks is stored, and it is needed to read the new one. --block-size is how much is compressed at once; --dictionary whether small repeated contents are trained from the memory first. --encrypt asks for a passphrase, or takes the key in --key-file. --comment is kept in the archive.',
    'For a domain that is shut off, and for the images that --image names (`NAME=PATH` or a path, with the format before it as in `qcow2:/srv/disk.img`) in place of a domain, the archive holds disks alone.',
    'Domains of libvirt get a snapshot with memory through libvirt, whose parts are put into the archive; that takes room for the memory beside the archive meanwhile. Where libvirt would lose writes with --live (see snapshot-create-as) the guest stands still instead.',
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
    {
      name: 'image',
      type: 'argv',
      positional: false,
      completer: 'path',
      help: 'an image to be archived, in place of a domain',
    },
    {
      name: 'disk',
      type: 'argv',
      positional: false,
      completer: 'disk-target',
      help: 'a disk to be archived',
    },
  ],
  rules: [exclusive('live', 'no-memory'), exclusive('method', 'no-memory')],
  noConnection: true,
  long: true,
  json: archiveCreatedShape,
  async run(context, args) {
    const key = args.optional('domain');
    const file = args.optional('file');
    const images = args.has('image') ? args.list('image') : [];
    if (file === undefined || (key === undefined) === (images.length === 0)) {
      throw new CommandError(
        'a domain and the file of the archive are needed, or --file and --image in place of a domain',
      );
    }
    const format = await archiveFormatOf(context, args);
    const { signal } = context;
    const view = ArchiveProgressView.of(context, args.flag('progress'));
    const shared = {
      ...format,
      signal,
      ...(view ? { onProgress: (progress: ArchiveProgress) => view.show(progress) } : {}),
    };
    try {
      const connected = key === undefined ? undefined : await connect(context);
      const domain = connected && key !== undefined ? await findDomain(connected, key) : undefined;
      const facts =
        connected && domain
          ? await archiveDomain(connected, domain, resolve(file), {
              ...shared,
              live: args.flag('live'),
              quiesce: args.flag('quiesce'),
              memory: !args.flag('no-memory'),
              disks: args.has('disk') ? args.list('disk') : undefined,
              keepOverlay: args.flag('keep-overlay'),
              method: args.optional('method'),
            })
          : await archivePlainImages(images, resolve(file), shared);
      view?.clear();
      tellCreated(context, domain?.name, facts);
    } catch (error) {
      if (signal.aborted) throw new InterruptedError('interrupted', { cause: error });
      throw error;
    } finally {
      view?.clear();
    }
  },
});

async function archiveDomain(
  context: Context,
  domain: Domain,
  file: string,
  options: ArchiveCreateOptions,
): Promise<ArchiveFacts> {
  if (context.connection.ownEngine && domain.archiveCreate) return domain.archiveCreate(file, options);
  if (options.method !== undefined)
    throw new CommandError(
      '--method is for guests that are reached directly (qmp:); libvirt takes its own way',
    );
  const { archiveLibvirt } = await import('../../src/snapshot/archive-libvirt.js');
  return archiveLibvirt(context.connection, domain, file, {
    ...options,
    asJob: (operation) => runDomainJob(context, domain, operation),
  });
}

/** Images need no connection; the context of a domain has one. */
async function connect(context: Context): Promise<Context> {
  const connection = await context.session.connection();
  return Object.create(context, { connection: { value: connection } }) as Context;
}
