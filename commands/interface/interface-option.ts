import type { HostInterface } from '../../src/hypervisor/index.js';
import type { Arguments, Context } from '../../src/shell/index.js';
import { findFirst } from '../shell/find-object.js';

const macAddress = /^[\da-f]{1,2}([:-])(?:[\da-f]{1,2}\1){4}[\da-f]{1,2}$/i;

/** The host interface that a command's `interface` option names. @param by what it may be. @throws CommandError */
export function hostInterfaceOf(
  context: Context,
  args: Pick<Arguments, 'text'>,
  by: readonly ('mac' | 'name')[] = ['mac', 'name'],
): Promise<HostInterface> {
  const { connection } = context;
  const key = args.text('interface' as never);
  const isMac = macAddress.test(key);
  return findFirst(context, `failed to get interface '${key}'`, [
    ...(isMac && by.includes('mac') ? [() => connection.interfaceLookupByMACString(key)] : []),
    ...(!isMac && by.includes('name') ? [() => connection.interfaceLookupByName(key)] : []),
  ]);
}
