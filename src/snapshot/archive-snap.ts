import { readArchivedDomain } from '../archive/archived-domain.js';
import { openArchive } from '../archive/index.js';
import { VIR_ERR_CONFIG_UNSUPPORTED } from '../hypervisor/constants.js';
import { type ArchiveCreateOptions, type ArchiveFacts, HypervisorError } from '../hypervisor/index.js';
import { archiveGuest } from './archive-create.js';
import { connectGuest } from './connect-guest.js';
import { disksOf } from './guest-disks.js';
import { methods } from './method.js';
import { realFile } from './real-file.js';

export interface SnapOptions
  extends Omit<ArchiveCreateOptions, 'live' | 'quiesce' | 'memory' | 'disks' | 'keepOverlay' | 'base'> {
  /** The archive that the guest was booted from. */
  readonly base: string;
  /** Store only what the base lacks. */
  readonly thin: boolean;
}

const refused = (text: string): HypervisorError =>
  new HypervisorError(`unsupported configuration: ${text}`, { code: VIR_ERR_CONFIG_UNSUPPORTED });

/**
 * Archives a guest whose disk is an overlay on an archive's: QEMU itself reads base and overlay together.
 * @throws HypervisorError, ArchiveError, QmpError; the guest runs on
 */
export async function snapBooted(
  socket: string,
  overlay: string,
  output: string,
  { base, thin, ...options }: SnapOptions,
): Promise<{ readonly domain: string; readonly facts: ArchiveFacts }> {
  const guest = await connectGuest(socket, { signal: options.signal });
  try {
    const disks = await disksOf(guest);
    const files = await Promise.all(disks.map(({ medium }) => realFile(medium?.file ?? '')));
    const disk = disks[files.indexOf(overlay)];
    if (!disk) throw refused(`no disk of domain '${guest.name}' is on '${overlay}'`);
    const archive = await openArchive(base, options.encryption ? { secret: options.encryption } : {});
    try {
      const domain = await readArchivedDomain(archive);
      const below = domain.disks.find(
        ({ target, names }) => target === disk.target || names.includes(disk.target),
      );
      if (!below) throw refused(`'${base}' holds no disk '${disk.target}'`);
      if (below.size !== disk.medium?.size)
        throw refused(`disk '${disk.target}' has ${disk.medium?.size} bytes, and ${below.size} in '${base}'`);
    } finally {
      await archive.close();
    }
    const facts = await archiveGuest(guest, output, {
      ...options,
      method: methods.find((method) => method === options.method),
      live: true,
      quiesce: false,
      memory: true,
      keepOverlay: false,
      ...(thin ? { base } : {}),
      describe: undefined,
    });
    return { domain: guest.name, facts };
  } finally {
    await guest.qmp.disconnect();
  }
}
