import { AgentCommandFailure, AgentError, AgentTimeout, AgentUnreachable } from '../../agent/errors.js';
import {
  VIR_ERR_AGENT_UNRESPONSIVE,
  VIR_ERR_INTERNAL_ERROR,
  VIR_ERR_NO_CONNECT,
  VIR_ERR_OPERATION_FAILED,
  VIR_ERR_OPERATION_INVALID,
  VIR_ERR_OPERATION_TIMEOUT,
  VIR_FROM_QEMU,
} from '../../hypervisor/constants.js';
import { ConnectionLost, HypervisorError } from '../../hypervisor/errors.js';
import {
  CommandFailure,
  ConnectError,
  DisconnectedError,
  JobFailure,
  TimeoutError,
} from '../../qmp/index.js';
import { describeBusy, JournalPresent, type JournalRecord } from '../../snapshot/journal.js';
import { TakeFailure } from '../../snapshot/take.js';

const connectReasons: Readonly<Partial<Record<ConnectError['reason'], string>>> = {
  missing: 'No such file or directory',
  refused: 'Connection refused',
  denied: 'Permission denied',
};

/** What the model's users expect, in libvirt's words where it has some; anything else passes through. */
export function toHypervisorError(error: unknown): unknown {
  if (error instanceof ConnectError) return connectError(error);
  if (error instanceof CommandFailure) {
    return failure(
      VIR_ERR_INTERNAL_ERROR,
      `internal error: unable to execute QEMU command '${error.command}': ${error.description}`,
      error,
    );
  }
  if (error instanceof JobFailure) {
    return failure(VIR_ERR_OPERATION_FAILED, `operation failed: ${error.description}`, error);
  }
  if (error instanceof DisconnectedError) {
    return new ConnectionLost('internal error: End of file from qemu monitor', { cause: error });
  }
  if (error instanceof TimeoutError) {
    return failure(VIR_ERR_OPERATION_TIMEOUT, `Timed out during operation: ${error.message}`, error);
  }
  if (error instanceof AgentUnreachable || error instanceof AgentTimeout) {
    return failure(VIR_ERR_AGENT_UNRESPONSIVE, `Guest agent is not responding: ${error.message}`, error);
  }
  if (error instanceof AgentCommandFailure) {
    return failure(
      VIR_ERR_INTERNAL_ERROR,
      `internal error: unable to execute QEMU agent command '${error.command}': ${error.description}`,
      error,
    );
  }
  if (error instanceof AgentError) return failure(VIR_ERR_OPERATION_FAILED, error.message, error);
  if (error instanceof TakeFailure) return takeError(error);
  if (error instanceof JournalPresent) {
    const code = error.hands === 'nobody' ? VIR_ERR_OPERATION_INVALID : VIR_ERR_OPERATION_FAILED;
    return failure(code, error.message, error);
  }
  return error;
}

function connectError(error: ConnectError): HypervisorError {
  const reason = connectReasons[error.reason];
  const text = reason ? `Failed to connect socket to '${error.path}': ${reason}` : error.message;
  return failure(VIR_ERR_NO_CONNECT, text, error);
}

/** The reason, and what became of what was begun. */
function takeError(error: TakeFailure): unknown {
  const cause = toHypervisorError(error.cause);
  if (error.mended?.outcome === 'undone') return cause;
  const text = cause instanceof Error ? cause.message : String(cause);
  if (error.mended?.outcome === 'ended') {
    const consequences = [text, ...error.mended.actions].join('; ');
    return new ConnectionLost(consequences, { cause: error });
  }
  return failure(
    VIR_ERR_OPERATION_FAILED,
    error.mended
      ? `${text}; the snapshot was whole by then and has been kept`
      : `${text}; undoing what was begun failed too: run snapctl recover`,
    error,
  );
}

const failure = (code: number, message: string, cause: unknown): HypervisorError =>
  new HypervisorError(message, { code, domain: VIR_FROM_QEMU, cause });

/** An operation of ours has the guest, or its monitor. */
export const busyWith = (record: JournalRecord, cause?: unknown): HypervisorError =>
  failure(VIR_ERR_OPERATION_FAILED, describeBusy(record), cause);

/** Runs a step of a driver, its errors turned into the model's. */
export async function inModel<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    throw toHypervisorError(error);
  }
}
