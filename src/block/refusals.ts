import {
  VIR_ERR_BLOCK_COPY_ACTIVE,
  VIR_ERR_CONFIG_UNSUPPORTED,
  VIR_ERR_DEVICE_MISSING,
  VIR_ERR_INVALID_ARG,
  VIR_ERR_OPERATION_FAILED,
  VIR_ERR_OPERATION_INVALID,
  VIR_ERR_OPERATION_UNSUPPORTED,
  VIR_FROM_QEMU,
} from '../hypervisor/constants.js';
import { HypervisorError } from '../hypervisor/index.js';
import { UNPLUG_MS, type Unplugged } from '../qmp/index.js';

/** What libvirt says before its reasons. */
const kinds = {
  invalid: [VIR_ERR_INVALID_ARG, 'invalid argument'],
  now: [VIR_ERR_OPERATION_INVALID, 'Requested operation is not valid'],
  unsupported: [VIR_ERR_OPERATION_UNSUPPORTED, 'Operation not supported'],
  configuration: [VIR_ERR_CONFIG_UNSUPPORTED, 'unsupported configuration'],
  failed: [VIR_ERR_OPERATION_FAILED, 'operation failed'],
  missing: [VIR_ERR_DEVICE_MISSING, 'device not found'],
  active: [VIR_ERR_BLOCK_COPY_ACTIVE, 'block copy still active'],
} as const satisfies Record<string, readonly [number, string]>;

/** A refusal in libvirt's words: nothing has been changed. */
export function refusal(kind: keyof typeof kinds, reason: string): HypervisorError {
  const [code, words] = kinds[kind];
  return new HypervisorError(`${words}: ${reason}`, { code, domain: VIR_FROM_QEMU });
}

/** @throws HypervisorError in libvirt's words: there is a flag that isn't known. */
export function checkFlags(flags: number, known: number, name: string): void {
  const unknown = flags & ~known;
  if (unknown === 0) return;
  throw new HypervisorError(`unsupported flags (0x${unknown.toString(16)}) in function ${name}`, {
    code: VIR_ERR_INVALID_ARG,
    domain: VIR_FROM_QEMU,
  });
}

/** The guest has kept a device that it was asked to let go of. @param called what it is to the user: `disk 'vdb'` */
export const notUnplugged = (called: string, outcome: Exclude<Unplugged, 'gone'>): HypervisorError =>
  refusal(
    'failed',
    outcome === 'rejected'
      ? `unplug of ${called} was rejected by the guest`
      : `the guest has not let go of ${called} within ${UNPLUG_MS / 1000} s`,
  );
