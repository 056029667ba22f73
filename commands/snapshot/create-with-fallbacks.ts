import {
  VIR_DOMAIN_SNAPSHOT_CREATE_HALT,
  VIR_DOMAIN_SNAPSHOT_CREATE_VALIDATE,
  VIR_ERR_INVALID_ARG,
  VIR_ERR_NO_SUPPORT,
} from '../../src/hypervisor/constants.js';
import { type Domain, HypervisorError, type Snapshot } from '../../src/hypervisor/index.js';
import { CommandError } from '../../src/shell/index.js';

/**
 * Creates a snapshot; where the hypervisor knows less than the flags ask, in the simpler ways virsh falls back to:
 * XML of our own needs no validation, and halting can be done afterwards.
 * @param ownXml the XML was built here, not written by the user.
 */
export async function createWithFallbacks(
  domain: Domain,
  xml: string,
  flags: number,
  ownXml: boolean,
): Promise<Snapshot> {
  let wanted = flags;
  let attempt = await trial(domain, xml, wanted);
  if (attempt.error?.code === VIR_ERR_NO_SUPPORT && ownXml) {
    wanted &= ~VIR_DOMAIN_SNAPSHOT_CREATE_VALIDATE;
    attempt = await trial(domain, xml, wanted);
  }
  let halt = false;
  if (attempt.error?.code === VIR_ERR_INVALID_ARG && (wanted & VIR_DOMAIN_SNAPSHOT_CREATE_HALT) !== 0) {
    if (!(await domain.isPersistent())) {
      throw new CommandError('cannot halt after snapshot of transient domain');
    }
    halt = await domain.isActive();
    wanted &= ~VIR_DOMAIN_SNAPSHOT_CREATE_HALT;
    attempt = await trial(domain, xml, wanted);
  }
  if (attempt.error) throw attempt.error;
  if (halt) await domain.destroy();
  return attempt.snapshot;
}

type Trial =
  | { readonly snapshot: Snapshot; readonly error?: undefined }
  | { readonly error: HypervisorError };

async function trial(domain: Domain, xml: string, flags: number): Promise<Trial> {
  try {
    return { snapshot: await domain.snapshotCreateXML(xml, flags) };
  } catch (error) {
    if (error instanceof HypervisorError) return { error };
    throw error;
  }
}
