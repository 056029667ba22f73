import { splitCommaList } from '../../src/grammar/index.js';
import {
  VIR_DOMAIN_SNAPSHOT_LIST_METADATA,
  VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA,
  VIR_DOMAIN_UNDEFINE_KEEP_NVRAM,
  VIR_DOMAIN_UNDEFINE_KEEP_TPM,
  VIR_DOMAIN_UNDEFINE_MANAGED_SAVE,
  VIR_DOMAIN_UNDEFINE_NVRAM,
  VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA,
  VIR_DOMAIN_UNDEFINE_TPM,
  VIR_ERR_INVALID_ARG,
  VIR_ERR_NO_SUPPORT,
  VIR_STORAGE_VOL_DELETE_WITH_SNAPSHOTS,
} from '../../src/hypervisor/constants.js';
import { type Domain, HypervisorError } from '../../src/hypervisor/index.js';
import {
  CommandError,
  defineCommand,
  domainOf,
  domainOption,
  exclusive,
  orFail,
  requires,
} from '../../src/shell/index.js';
import { type DiskVolume, diskVolumes, removeVolumes } from './domain-storage.js';

/** The options that the hypervisor's own function knows. */
const domainFlags = [
  'managed-save',
  'snapshots-metadata',
  'checkpoints-metadata',
  'nvram',
  'keep-nvram',
  'tpm',
  'keep-tpm',
] as const;

export default defineCommand({
  name: 'undefine',
  group: 'domain',
  summary: 'undefine a domain',
  description: 'Undefine an inactive domain, or convert persistent to transient.',
  manual: [
    'Makes the hypervisor forget a domain that is shut off; a running one goes on as a transient domain and is forgotten when it stops. What still belongs to the domain (a managed save, records of snapshots and checkpoints, NVRAM) is in the way until an option says what to do with it.',
    'Disk images stay unless --storage or --remove-all-storage is given. Those remove volumes of storage pools only, after the domain is gone; an image that is in no pool is named, and left for you to remove. There is no way back.',
  ],
  options: [
    domainOption('domain-persistent'),
    {
      name: 'managed-save',
      type: 'flag',
      bit: VIR_DOMAIN_UNDEFINE_MANAGED_SAVE,
      help: 'remove domain managed state file',
    },
    {
      name: 'storage',
      type: 'string',
      completer: 'disk-target',
      valueList: true,
      help: 'remove associated storage volumes (comma separated list of targets or source paths) (see domblklist)',
    },
    {
      name: 'remove-all-storage',
      type: 'flag',
      help: 'remove all associated storage volumes (use with caution)',
    },
    { name: 'delete-snapshots', type: 'alias', target: 'delete-storage-volume-snapshots', help: '' },
    {
      name: 'delete-storage-volume-snapshots',
      type: 'flag',
      bit: VIR_STORAGE_VOL_DELETE_WITH_SNAPSHOTS,
      help: 'delete snapshots associated with volume(s), requires --remove-all-storage (must be supported by storage driver)',
    },
    { name: 'wipe-storage', type: 'flag', help: 'wipe data on the removed volumes' },
    {
      name: 'snapshots-metadata',
      type: 'flag',
      bit: VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA,
      help: 'remove all domain snapshot metadata (vm must be inactive)',
    },
    {
      name: 'checkpoints-metadata',
      type: 'flag',
      bit: VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA,
      help: 'remove all domain checkpoint metadata (vm must be inactive)',
    },
    { name: 'nvram', type: 'flag', bit: VIR_DOMAIN_UNDEFINE_NVRAM, help: 'remove nvram file' },
    { name: 'keep-nvram', type: 'flag', bit: VIR_DOMAIN_UNDEFINE_KEEP_NVRAM, help: 'keep nvram file' },
    { name: 'tpm', type: 'flag', bit: VIR_DOMAIN_UNDEFINE_TPM, help: 'remove TPM state' },
    { name: 'keep-tpm', type: 'flag', bit: VIR_DOMAIN_UNDEFINE_KEEP_TPM, help: 'keep TPM state' },
  ],
  rules: [
    requires('delete-storage-volume-snapshots', 'remove-all-storage'),
    exclusive('nvram', 'keep-nvram'),
    exclusive('tpm', 'keep-tpm'),
  ],
  async run(context, args) {
    const selected = args.raw('storage') || undefined;
    const allStorage = args.flag('remove-all-storage');
    const wipe = args.flag('wipe-storage');
    if (wipe && selected === undefined && !allStorage) {
      throw new CommandError("'--wipe-storage' requires '--storage <string>' or '--remove-all-storage'");
    }
    const domain = await domainOf(context, args);
    const name = args.text('domain');
    const active = await domain.isActive();
    const holdings = active ? nothingHeld : await holdingsOf(domain);

    let volumes: DiskVolume[] = [];
    if (selected !== undefined || allStorage) {
      if (active) throw new CommandError('Storage volume deletion is supported only on stopped domains');
      if (selected !== undefined && allStorage) {
        throw new CommandError('Specified both --storage and --remove-all-storage');
      }
      volumes = await diskVolumes(
        context,
        domain,
        selected === undefined ? undefined : splitCommaList(selected),
      );
    }

    await undefine(domain, name, holdings, {
      flags: args.bits(...domainFlags),
      managedSave: args.flag('managed-save'),
      snapshotsMetadata: args.flag('snapshots-metadata'),
      nvram: args.flag('nvram'),
    });
    context.output.extra(`Domain '${name}' has been undefined\n`);
    await removeVolumes(context, volumes, { wipe, flags: args.bits('delete-storage-volume-snapshots') });
  },
});

/** What a domain that is shut off has, and undefining it would strand. */
interface Holdings {
  readonly managedSave: boolean;
  /** Snapshots that the hypervisor keeps a record of. */
  readonly snapshotRecords: number;
  /**
   * There are no snapshots, or the hypervisor can tell which of them it has a record of: then it also knows the
   * flag about them.
   */
  readonly snapshotsKnown: boolean;
  /** As `snapshotsKnown`, and there are some. */
  readonly snapshotsCounted: boolean;
}

const nothingHeld: Holdings = {
  managedSave: false,
  snapshotRecords: 0,
  snapshotsKnown: true,
  snapshotsCounted: false,
};

async function holdingsOf(domain: Domain): Promise<Holdings> {
  const managedSave = await unlessUnsupported(domain.hasManagedSaveImage(), false);
  const snapshots = await unlessUnsupported(domain.snapshotNum(), 0);
  if (snapshots === 0) return { ...nothingHeld, managedSave };
  try {
    const snapshotRecords = await domain.snapshotNum(VIR_DOMAIN_SNAPSHOT_LIST_METADATA);
    return { managedSave, snapshotRecords, snapshotsKnown: true, snapshotsCounted: true };
  } catch (error) {
    if (!(error instanceof HypervisorError)) throw error;
    return { managedSave, snapshotRecords: snapshots, snapshotsKnown: false, snapshotsCounted: false };
  }
}

async function unlessUnsupported<T>(step: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await step;
  } catch (error) {
    if (error instanceof HypervisorError && error.code === VIR_ERR_NO_SUPPORT) return otherwise;
    throw error;
  }
}

interface Wanted {
  readonly flags: number;
  readonly managedSave: boolean;
  readonly snapshotsMetadata: boolean;
  readonly nvram: boolean;
}

/**
 * Undefines with flags where nothing can get stranded by a hypervisor that doesn't know them, step by step
 * otherwise. Flags about what isn't there are not sent: an old hypervisor would refuse them.
 */
async function undefine(domain: Domain, name: string, holdings: Holdings, wanted: Wanted): Promise<void> {
  const failed = `Failed to undefine domain '${name}'`;
  let { flags } = wanted;
  if (!holdings.managedSave) flags &= ~VIR_DOMAIN_UNDEFINE_MANAGED_SAVE;
  if (holdings.snapshotRecords === 0) flags &= ~VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA;
  const saveIsSafe = wanted.managedSave || !holdings.managedSave || holdings.snapshotsCounted;
  const snapshotsAreSafe = wanted.snapshotsMetadata || holdings.snapshotsKnown;
  if ((saveIsSafe && snapshotsAreSafe) || wanted.nvram) {
    try {
      await domain.undefineFlags(flags);
      return;
    } catch (error) {
      const unknown =
        error instanceof HypervisorError &&
        (error.code === VIR_ERR_NO_SUPPORT || error.code === VIR_ERR_INVALID_ARG);
      // There is no other way to ask for the NVRAM file to be removed.
      if (!unknown || wanted.nvram) throw new CommandError(failed, error);
    }
  }
  if (holdings.managedSave) {
    if (!wanted.managedSave) {
      throw new CommandError('Refusing to undefine while domain managed save image exists');
    }
    await domain.managedSaveRemove();
  }
  if (holdings.snapshotRecords > 0) {
    throw new CommandError(
      wanted.snapshotsMetadata
        ? `Unable to remove metadata of ${holdings.snapshotRecords} snapshots`
        : `Refusing to undefine while ${holdings.snapshotRecords} snapshots exist`,
    );
  }
  await orFail(failed, domain.undefine());
}
