import type { StoragePool } from '../../src/hypervisor/index.js';
import type { Arguments, Context } from '../../src/shell/index.js';
import { findNamed } from '../shell/find-object.js';

/** A pool by its name or UUID. @param by which of them it may be. @throws CommandError */
export function findPool(
  context: Context,
  key: string,
  by: readonly ('uuid' | 'name')[] = ['uuid', 'name'],
): Promise<StoragePool> {
  const { connection } = context;
  return findNamed(context, key, `failed to get pool '${key}'`, {
    ...(by.includes('uuid') && { uuid: (uuid: string) => connection.storagePoolLookupByUUIDString(uuid) }),
    ...(by.includes('name') && { name: (name: string) => connection.storagePoolLookupByName(name) }),
  });
}

/** The pool that a command's `pool` option names. @throws CommandError */
export const poolOf = (
  context: Context,
  args: Pick<Arguments, 'text'>,
  by?: readonly ('uuid' | 'name')[],
): Promise<StoragePool> => findPool(context, args.text('pool' as never), by);
