import {
  VIR_DOMAIN_QEMU_MONITOR_COMMAND_HMP,
  VIR_ERR_INTERNAL_ERROR,
  VIR_ERR_INVALID_ARG,
  VIR_FROM_QEMU,
} from '../../hypervisor/constants.js';
import { HypervisorError } from '../../hypervisor/errors.js';
import type { DomainMonitor } from '../../hypervisor/monitor.js';
import { CommandFailure, executeTextWithDescriptor } from '../../qmp/index.js';
import type { BareDomain } from './bare-domain.js';
import { inModel } from './errors.js';

/** QEMU's monitor, for commands as the user has written them: nothing is refused here that QEMU takes. */
export function monitor(domain: BareDomain): DomainMonitor {
  return {
    qemuMonitorCommand: (command, flags = 0) =>
      inModel(async () => {
        const { qmp } = await domain.guest();
        if ((flags & VIR_DOMAIN_QEMU_MONITOR_COMMAND_HMP) !== 0) {
          return qmp.execute('human-monitor-command', { 'command-line': command });
        }
        checkObject(command);
        return answer(qmp.executeText(command));
      }),
    qemuMonitorCommandWithFiles: (command, files, flags = 0) =>
      inModel(async () => {
        const { qmp } = await domain.guest();
        const [file, ...more] = files;
        if (file === undefined || more.length > 0 || (flags & VIR_DOMAIN_QEMU_MONITOR_COMMAND_HMP) !== 0) {
          throw failure(
            VIR_ERR_INVALID_ARG,
            'invalid argument: QEMU takes one descriptor with a QMP command',
          );
        }
        checkObject(command);
        return { result: await answer(executeTextWithDescriptor(qmp, command, file)), files: [] };
      }),
  };
}

const failure = (code: number, text: string): HypervisorError =>
  new HypervisorError(text, { code, domain: VIR_FROM_QEMU });

/** @throws HypervisorError in libvirt's words. */
function checkObject(command: string): void {
  try {
    const parsed: unknown = JSON.parse(command);
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return;
  } catch (error) {
    throw failure(
      VIR_ERR_INTERNAL_ERROR,
      `internal error: cannot parse json ${command}: ${(error as Error).message}`,
    );
  }
  throw failure(VIR_ERR_INTERNAL_ERROR, `internal error: a monitor command is a JSON object: ${command}`);
}

/** An error of QEMU's is the answer, as with libvirt. */
async function answer(reply: Promise<string>): Promise<string> {
  try {
    return await reply;
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    return JSON.stringify({ error: { class: error.errorClass, desc: error.description } });
  }
}
