import type { Network } from '../../src/hypervisor/index.js';
import type { Arguments, Context } from '../../src/shell/index.js';
import { findNamed } from '../shell/find-object.js';

/** The network that a command's `network` option names. @param by what it may be. @throws CommandError */
export function networkOf(
  context: Context,
  args: Pick<Arguments, 'text'>,
  by: readonly ('uuid' | 'name')[] = ['uuid', 'name'],
): Promise<Network> {
  const { connection } = context;
  const key = args.text('network' as never);
  return findNamed(context, key, `failed to get network '${key}'`, {
    ...(by.includes('uuid') && { uuid: (uuid: string) => connection.networkLookupByUUIDString(uuid) }),
    ...(by.includes('name') && { name: (name: string) => connection.networkLookupByName(name) }),
  });
}
