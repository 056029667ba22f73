import { VIR_ERR_NO_DOMAIN_SNAPSHOT } from '../hypervisor/constants.js';
import { HypervisorError, type Snapshot } from '../hypervisor/index.js';

/** Name of a snapshot's parent; undefined for a root. */
export async function parentName(snapshot: Snapshot): Promise<string | undefined> {
  try {
    return (await snapshot.getParent()).name;
  } catch (error) {
    if (error instanceof HypervisorError && error.code === VIR_ERR_NO_DOMAIN_SNAPSHOT) return undefined;
    throw error;
  }
}
