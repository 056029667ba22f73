import type { NWFilter } from '../../src/hypervisor/index.js';
import type { Arguments, Context } from '../../src/shell/index.js';
import { findNamed } from '../shell/find-object.js';

/** The filter that a command's `nwfilter` option names. @throws CommandError */
export function filterOf(context: Context, args: Pick<Arguments, 'text'>): Promise<NWFilter> {
  const { connection } = context;
  const key = args.text('nwfilter' as never);
  return findNamed(context, key, `failed to get nwfilter '${key}'`, {
    uuid: (uuid) => connection.nwfilterLookupByUUIDString(uuid),
    name: (name) => connection.nwfilterLookupByName(name),
  });
}
