import { ConnectionLost, HypervisorError, UnsupportedError } from '../../hypervisor/errors.js';
import { VIR_ERR_NO_SUPPORT } from '../../libvirt/constants.js';
import { ConnectionLostError, LibvirtError } from '../../libvirt/error.js';
import { FunctionMissingError } from '../../libvirt/library.js';

/** libvirt's errors as the model's; anything else unchanged. */
export function toHypervisorError(error: unknown): unknown {
  if (error instanceof FunctionMissingError) return new UnsupportedError(error.functionName);
  if (!(error instanceof LibvirtError)) return error;
  const { message, code, ...rest } = error.fields;
  const details = { ...rest, cause: error };
  if (error instanceof ConnectionLostError) return new ConnectionLost(message, { ...details, code });
  if (code === VIR_ERR_NO_SUPPORT) return new UnsupportedError(message, details);
  return new HypervisorError(message, { ...details, code });
}
