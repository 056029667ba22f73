import { VIR_ERR_INVALID_ARG } from '../../src/hypervisor/constants.js';
import { HypervisorError } from '../../src/hypervisor/index.js';

/** The description that counts from the next start; of a driver that keeps only one, that one. @throws HypervisorError */
export async function inactiveXml(
  object: { getXMLDesc(flags?: number): Promise<string> },
  flag: number,
): Promise<string> {
  try {
    return await object.getXMLDesc(flag);
  } catch (error) {
    if (!(error instanceof HypervisorError) || error.code !== VIR_ERR_INVALID_ARG) throw error;
    return object.getXMLDesc();
  }
}
