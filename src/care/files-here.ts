import { hostname } from 'node:os';
import type { Connection } from '../hypervisor/index.js';

/** Whether the paths that a hypervisor tells mean files of this machine. */
export async function filesAreHere(connection: Connection): Promise<boolean> {
  if (connection.ownEngine) return true;
  const uri = await connection.getURI();
  if (!/^(qemu|xen|lxc|bhyve|ch|vz)(\+unix)?:\/\/\//.test(uri)) return false;
  return (await connection.getHostname()) === hostname();
}
