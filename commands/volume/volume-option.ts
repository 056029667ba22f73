import type { StorageVolume } from '../../src/hypervisor/index.js';
import { type Arguments, CommandError, type Context } from '../../src/shell/index.js';
import { findPool } from '../pool/pool-option.js';
import { findFirst } from '../shell/find-object.js';

/**
 * The volume that a command's `vol` option names: by name in the pool that another option names, or by key or path.
 * @param poolOption the other option; null if the command has none.
 * @throws CommandError in virsh's words.
 */
export async function volumeOf(
  context: Context,
  args: Pick<Arguments, 'text' | 'optional'>,
  poolOption: 'pool' | 'inputpool' | null = 'pool',
): Promise<StorageVolume> {
  const { connection } = context;
  const key = args.text('vol' as never);
  const poolName = poolOption === null ? undefined : args.optional(poolOption as never);
  const pool = poolName === undefined ? undefined : await findPool(context, poolName);
  if (pool && !(await pool.isActive())) throw new CommandError(`pool '${poolName}' is not active`);
  const hint = pool || poolOption === null ? '' : `, specifying --${poolOption} might help`;
  const volume = await findFirst(context, `failed to get vol '${key}'${hint}`, [
    ...(pool ? [() => pool.storageVolLookupByName(key)] : []),
    () => connection.storageVolLookupByKey(key),
    () => connection.storageVolLookupByPath(key),
  ]);
  const found = pool && (await connection.storagePoolLookupByVolume(volume).catch(() => undefined));
  if (pool && found && found.name !== pool.name) {
    throw new CommandError(`Requested volume '${key}' is not in pool '${pool.name}'`);
  }
  return volume;
}
