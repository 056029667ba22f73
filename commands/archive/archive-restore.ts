import {
  CommandError,
  defineCommand,
  InterruptedError,
  orFail,
  readTextFile,
} from '../../src/shell/index.js';
import { onArchive } from './archive-errors.js';
import { openOptions, openOptionsOf } from './open-options.js';
import { ArchiveProgressView } from './progress-view.js';

export default defineCommand({
  name: 'archive-restore',
  group: 'archive',
  summary: 'unpack an archive into a folder',
  description: 'Write the disks, the memory and the description of an archived guest into a folder.',
  manual: [
    'The folder is made if it is not there. The disks become qcow2 images, or raw ones with --format raw. Beside them are the memory as QEMU writes it, the variables of the firmware where there are any, domain.xml for libvirt, and start.sh, which continues the guest with QEMU from wherever the folder lies. Nothing is ever written outside of the folder, and nothing in it is replaced.',
    'A guest of libvirt has its memory in memory.save, as libvirt wrote it: `restore memory.save --xml domain.xml` continues it. --define makes the domain known to libvirt, with the restored disks; a domain of the same name and UUID is redefined.',
    'Memory and disks fit each other as long as the guest has not run on them: to go back once more, unpack the archive again.',
  ],
  options: [
    { name: 'file', type: 'string', required: true, completer: 'path', help: 'the archive' },
    {
      name: 'directory',
      type: 'string',
      required: true,
      positional: false,
      completer: 'folder',
      help: 'folder to write to',
    },
    {
      name: 'format',
      type: 'string',
      positional: false,
      values: ['qcow2', 'raw'],
      help: 'format of the disks: qcow2 (the default) or raw',
    },
    { name: 'define', type: 'flag', help: 'define the domain in libvirt' },
    { name: 'progress', type: 'flag', help: 'show how far it is, also where standard error is no terminal' },
    ...openOptions,
  ],
  noConnection: true,
  long: true,
  json: {
    object: {
      file: 'string',
      directory: 'string',
      domain: 'string',
      disks: { list: { object: { disk: 'string', file: 'string' } } },
      memory: { oneOf: ['string', 'null'] },
      nvram: { oneOf: ['string', 'null'] },
      xml: { oneOf: ['string', 'null'] },
      script: { oneOf: ['string', 'null'] },
      notes: { list: 'string' },
      defined: 'boolean',
    },
  },
  async run(context, args) {
    const file = args.text('file');
    const format = args.optional('format') ?? 'qcow2';
    if (format !== 'qcow2' && format !== 'raw')
      throw new CommandError(`Unknown format '${format}': expected qcow2 or raw`);
    const { output, signal } = context;
    const { openArchive } = await import('../../src/archive/index.js');
    const { restoreArchive } = await import('../../src/snapshot/archive-restore.js');
    const view = ArchiveProgressView.of(context, args.flag('progress'));
    const started = performance.now();
    const options = await openOptionsOf(context, args);
    const archive = await onArchive(file, () => openArchive(file, options));
    try {
      const { domain, folder, notes, ...files } = await restoreArchive(archive, args.text('directory'), {
        format,
        signal,
        onProgress: (done, total) =>
          view?.show({ done, total, stored: done, milliseconds: performance.now() - started }),
      });
      view?.clear();
      if (args.flag('define')) {
        if (files.xml === null) throw new CommandError(`'${file}' holds no description for libvirt`);
        const xml = await readTextFile(files.xml);
        const connection = await context.session.connection();
        await orFail(`Failed to define domain from ${files.xml}`, connection.domainDefineXML(xml));
      }
      const defined = args.flag('define');
      context.emit({ file, directory: folder, domain: domain.name, ...files, notes, defined });
      for (const note of notes) output.notice(note);
      const lines = [
        ...files.disks.map(({ disk, file: image }) => `Disk ${disk}: ${image}`),
        ...(files.memory === null ? [] : [`Memory: ${files.memory}`]),
        `Domain '${domain.name}' restored to ${folder}`,
        ...(files.script === null ? [] : [`Start it with ${files.script}`]),
      ];
      output.extra(lines.join('\n'));
    } catch (error) {
      if (signal.aborted) throw new InterruptedError('interrupted', { cause: error });
      throw error;
    } finally {
      view?.clear();
      await archive.close();
    }
  },
});
