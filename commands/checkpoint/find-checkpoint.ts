import { VIR_ERR_NO_DOMAIN_CHECKPOINT } from '../../src/hypervisor/constants.js';
import { type Checkpoint, type Domain, HypervisorError } from '../../src/hypervisor/index.js';
import { CommandError } from '../../src/shell/index.js';

/** @throws CommandError no name was given; HypervisorError there is no such checkpoint. */
export async function findCheckpoint(
  domain: Domain,
  option: string,
  name: string | undefined,
): Promise<Checkpoint> {
  if (name === undefined) throw new CommandError(`--${option} is required`);
  return domain.checkpointLookupByName(name);
}

/** Name of a checkpoint's parent; undefined for a root. @throws CommandError it can't be told. */
export async function checkpointParent(checkpoint: Checkpoint): Promise<string | undefined> {
  try {
    return (await checkpoint.getParent()).name;
  } catch (error) {
    if (error instanceof HypervisorError && error.code === VIR_ERR_NO_DOMAIN_CHECKPOINT) return undefined;
    throw new CommandError('unable to determine if checkpoint has parent', error);
  }
}
