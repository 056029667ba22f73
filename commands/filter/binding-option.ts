import type { NWFilterBinding } from '../../src/hypervisor/index.js';
import { type Arguments, type Context, orFail } from '../../src/shell/index.js';

/** The use of a filter that a command's `binding` option names by its device. @throws CommandError */
export function bindingOf(context: Context, args: Pick<Arguments, 'text'>): Promise<NWFilterBinding> {
  const device = args.text('binding' as never);
  const found = context.connection.nwfilterBindingLookupByPortDev(device);
  return orFail(`failed to get nwfilter binding '${device}'`, found);
}
