import {
  VIR_DOMAIN_SAVE_BYPASS_CACHE,
  VIR_DOMAIN_SAVE_PAUSED,
  VIR_DOMAIN_SAVE_RESET_NVRAM,
  VIR_DOMAIN_SAVE_RUNNING,
} from '../../src/hypervisor/constants.js';
import { CommandError, type Context, defineCommand, orFail, readTextFile } from '../../src/shell/index.js';

export default defineCommand({
  name: 'restore',
  group: 'domain',
  summary: 'restore a domain from a saved state in a file',
  description: 'Restore a domain.',
  manual: [
    'Continues a domain from a file that `save` has written. The file stays where it is, but do not restore from it again once the guest has run: its disks have then moved on while its memory has not, and the guest destroys its file systems. Delete the file. For the same reason nothing may have written to the disks since the save.',
    "Without --running or --paused the guest does what it did when it was saved, or what --running or --paused said then. --xml gives it another configuration, for disks that have moved. --reset-nvram starts it with a fresh copy of the firmware's variables.",
    "Of a guest that is reached directly (qmp:) `save` keeps how its QEMU was started, and restore starts one like it, with the same sockets. It is refused if one of the guest's disks has been changed since, and says which. The socket that the URI names need not be there.",
    "A restore can't be broken off: after an interrupt it is carried to its end, so that the domain is either restored or not running, and nothing in between.",
  ],
  options: [
    { name: 'file', type: 'string', required: true, completer: 'path', help: 'the state to restore' },
    {
      name: 'bypass-cache',
      type: 'flag',
      bit: VIR_DOMAIN_SAVE_BYPASS_CACHE,
      help: 'avoid file system cache when restoring',
    },
    {
      name: 'xml',
      type: 'string',
      completer: 'path',
      help: 'filename containing updated XML for the target',
    },
    {
      name: 'running',
      type: 'flag',
      bit: VIR_DOMAIN_SAVE_RUNNING,
      help: 'restore domain into running state',
    },
    {
      name: 'paused',
      type: 'flag',
      bit: VIR_DOMAIN_SAVE_PAUSED,
      help: 'restore domain into paused state',
    },
    {
      name: 'reset-nvram',
      type: 'flag',
      bit: VIR_DOMAIN_SAVE_RESET_NVRAM,
      help: 're-initialize NVRAM from its pristine template',
    },
  ],
  long: true,
  // Of a guest that is reached directly (qmp:) nothing is left to connect to.
  noConnection: true,
  async run(context, args) {
    const { session } = context;
    const file = args.text('file');
    const flags = args.bits();
    const xmlFile = args.optional('xml');
    const xml = xmlFile === undefined ? null : await readTextFile(xmlFile);
    const direct = xml === null && (await savedDirectly(context, file));
    if (direct) {
      await orFail(
        `Failed to restore domain from ${file}`,
        toItsEnd(context, restoreDirectly(context, file, flags)),
      );
      context.output.extra(`Domain restored from ${file}\n`);
      return;
    }
    const connection = await session.connection();
    for (const notice of await connection.notices()) context.output.notice(notice);
    await orFail(
      `Failed to restore domain from ${file}`,
      toItsEnd(
        context,
        flags || xml !== null
          ? connection.domainRestoreFlags(file, xml, flags)
          : connection.domainRestore(file),
      ),
    );
    context.output.extra(`Domain restored from ${file}\n`);
  },
});

/** Whether the file is of a bare QEMU, and such are meant. */
async function savedDirectly({ session }: Context, file: string): Promise<boolean> {
  if (!session.uri?.startsWith('qmp:')) return false;
  const { isSavedGuest } = await import('../../src/snapshot/save-restore.js');
  return isSavedGuest(file);
}

async function restoreDirectly({ session }: Context, file: string, flags: number): Promise<void> {
  if (session.readonly) {
    throw new CommandError('operation forbidden: read only access prevents virDomainRestore');
  }
  if ((flags & ~(VIR_DOMAIN_SAVE_RUNNING | VIR_DOMAIN_SAVE_PAUSED)) !== 0) {
    throw new CommandError(
      'unsupported configuration: a guest that is reached directly can be restored as it was only',
    );
  }
  const [running, paused] = [(flags & VIR_DOMAIN_SAVE_RUNNING) !== 0, (flags & VIR_DOMAIN_SAVE_PAUSED) !== 0];
  const { restoreSaved } = await import('../../src/snapshot/save-restore.js');
  await restoreSaved(file, {
    running: running ? true : paused ? false : undefined,
    signal: new AbortController().signal,
  });
}

/** Waits for a step that nothing can stop, telling a user who interrupts why nothing happens. */
async function toItsEnd<T>(context: Context, step: Promise<T>): Promise<T> {
  const { signal, output } = context;
  const tell = () => output.notice('a restore cannot be stopped halfway; waiting for its end');
  signal.addEventListener('abort', tell, { once: true });
  try {
    return await step;
  } finally {
    signal.removeEventListener('abort', tell);
  }
}
