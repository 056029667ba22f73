import type { Domain, StorageVolume } from '../../src/hypervisor/index.js';
import {
  attributeAt,
  CommandError,
  type Context,
  domainDocument,
  elementsAt,
  orFail,
  SilentFailure,
} from '../../src/shell/index.js';

/** A volume that one of a domain's disks is on. */
export interface DiskVolume {
  readonly target: string;
  readonly source: string;
  readonly volume: StorageVolume;
}

/** Where a disk's data can be named; in a document at most one of them is there. */
const SOURCE_NAMES = ['file', 'dir', 'name', 'dev', 'volume'];

/**
 * The storage volumes of a domain's disks.
 * @param selected targets or sources of the disks wanted; undefined for all. What is no volume of a storage
 *   pool is told as an error and left out, as in virsh.
 * @throws SilentFailure something selected is not in the domain; each was told.
 */
export async function diskVolumes(
  context: Context,
  domain: Domain,
  selected: readonly string[] | undefined,
): Promise<DiskVolume[]> {
  const root = await domainDocument(domain);
  const wanted = selected === undefined ? undefined : [...selected];
  const volumes: DiskVolume[] = [];
  for (const disk of elementsAt(root, 'devices', 'disk')) {
    const target = attributeAt(disk, ['target'], 'dev') ?? '';
    const source = attributeAt(disk, ['source'], ...SOURCE_NAMES);
    if (source === undefined) continue;
    if (wanted) {
      const at = wanted.findIndex((each) => each === target || each === source);
      if (at < 0) continue;
      wanted.splice(at, 1);
    }
    const volume = await findVolume(context, attributeAt(disk, ['source'], 'pool'), target, source);
    if (volume) volumes.push({ target, source, volume });
  }
  if (wanted && wanted.length > 0) {
    for (const each of wanted) {
      context.output.error(`Volume '${each}' was not found in domain's definition.\n`);
    }
    throw new SilentFailure();
  }
  return volumes;
}

async function findVolume(
  { connection, output, session }: Context,
  poolName: string | undefined,
  target: string,
  source: string,
): Promise<StorageVolume | undefined> {
  let pool: Awaited<ReturnType<typeof connection.storagePoolLookupByName>> | undefined;
  if (poolName !== undefined) {
    try {
      pool = await connection.storagePoolLookupByName(poolName);
    } catch (error) {
      session.noteFailure(error);
      output.error(`Storage pool '${poolName}' for volume '${target}' not found.`);
      return undefined;
    }
  }
  try {
    return await (pool ? pool.storageVolLookupByName(source) : connection.storageVolLookupByPath(source));
  } catch (error) {
    session.noteFailure(error);
    output.error(`Storage volume '${target}'(${source}) is not managed by libvirt. Remove it manually.\n`);
    return undefined;
  }
}

interface RemovalOptions {
  /** Overwrite each volume first; one that can't be is not removed. */
  readonly wipe: boolean;
  /** VIR_STORAGE_VOL_DELETE_*. */
  readonly flags: number;
}

/**
 * Removes volumes, going on after one that can't be removed.
 * @throws CommandError or the last error, after each failure was told.
 */
export async function removeVolumes(
  { output }: Context,
  volumes: readonly DiskVolume[],
  { wipe, flags }: RemovalOptions,
): Promise<void> {
  let problem: unknown;
  for (const { volume, target, source } of volumes) {
    const name = `'${target}'(${source})`;
    try {
      if (wipe) {
        output.extra(`Wiping volume ${name} ... `);
        await orFail('Failed! Volume not removed.', volume.wipe());
        output.extra('Done.\n');
      }
      await orFail(`Failed to remove storage volume ${name}`, volume.delete(flags));
      output.extra(`Volume ${name} removed.\n`);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      output.error(error.message);
      problem = error.cause;
    }
  }
  if (problem !== undefined) throw problem;
}
