import { stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import {
  VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY,
  VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE,
} from '../hypervisor/constants.js';
import type { Connection, Domain } from '../hypervisor/index.js';

/**
 * The file on this machine that a snapshot request is going to write memory to.
 * @param flags VIR_DOMAIN_SNAPSHOT_CREATE_*.
 * @returns undefined if there is none, or if the hypervisor writes on another machine.
 */
export async function memoryFileHere(
  connection: Connection,
  domain: Domain,
  xml: string,
  flags: number,
): Promise<string | undefined> {
  const noMemory = VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE | VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY;
  if ((flags & noMemory) !== 0 || !/<memory\b[^>]*\bfile\b/.test(xml)) return undefined;
  if (!/^qemu(\+unix)?:\/\/\//.test(await connection.getURI())) return undefined;
  if ((await connection.getHostname()) !== hostname() || !(await domain.isActive())) return undefined;
  const { parseSnapshotXml } = await import('./snapshot-description.js');
  try {
    return parseSnapshotXml(xml).memory?.file;
  } catch {
    // What is wrong with the XML is for the hypervisor to say.
    return undefined;
  }
}

/**
 * Whether writing to a path would destroy something: libvirt refuses to overwrite an image that holds data, but
 * overwrites a memory file without asking (as of 9.0).
 */
export async function holdsData(path: string): Promise<boolean> {
  try {
    const found = await stat(path);
    return found.isFile() && found.size > 0;
  } catch {
    return false;
  }
}
