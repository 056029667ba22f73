import type { NodeDevice } from '../../src/hypervisor/index.js';
import { type Arguments, CommandError, type Context, orFail } from '../../src/shell/index.js';

/** The host device that a command's `device` option names, by its name or a WWN pair. @throws CommandError */
export async function nodeDeviceOf(context: Context, args: Pick<Arguments, 'text'>): Promise<NodeDevice> {
  const { connection } = context;
  const key = args.text('device' as never);
  const problem = `Could not find matching device '${key}'`;
  if (!key.includes(',')) return orFail(problem, connection.nodeDeviceLookupByName(key));
  const words = key.split(',');
  const [wwnn, wwpn] = words;
  if (words.length !== 2 || !wwnn || !wwpn) throw new CommandError(`Malformed device value '${key}'`);
  return orFail(problem, connection.nodeDeviceLookupSCSIHostByWWN(wwnn, wwpn));
}
