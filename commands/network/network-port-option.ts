import type { Network, NetworkPort } from '../../src/hypervisor/index.js';
import { type Arguments, CommandError } from '../../src/shell/index.js';

const UUID_LENGTH = 36;

/** The port of a network that a command's `port` option names by its UUID. @throws CommandError */
export async function networkPortOf(network: Network, args: Pick<Arguments, 'text'>): Promise<NetworkPort> {
  const uuid = args.text('port' as never);
  const problem = `failed to get network port '${uuid}'`;
  // As in virsh: what the hypervisor says of it is not told.
  if (uuid.length !== UUID_LENGTH) throw new CommandError(problem);
  return network.portLookupByUUIDString(uuid).catch(() => {
    throw new CommandError(problem);
  });
}
