import type { Secret } from '../../src/hypervisor/index.js';
import { type Arguments, type Context, orFail } from '../../src/shell/index.js';

/** The secret that a command's `secret` option names by its UUID. @throws CommandError */
export async function secretOf(context: Context, args: Pick<Arguments, 'text'>): Promise<Secret> {
  const uuid = args.text('secret' as never);
  return orFail(`failed to get secret '${uuid}'`, context.connection.secretLookupByUUIDString(uuid));
}
