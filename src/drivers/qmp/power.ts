import { AgentTimeout, AgentUnreachable } from '../../agent/errors.js';
import {
  VIR_DOMAIN_REBOOT_GUEST_AGENT,
  VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN,
  VIR_DOMAIN_SHUTDOWN_GUEST_AGENT,
  VIR_ERR_ARGUMENT_UNSUPPORTED,
  VIR_ERR_OPERATION_UNSUPPORTED,
  VIR_FROM_QEMU,
} from '../../hypervisor/constants.js';
import { HypervisorError } from '../../hypervisor/errors.js';
import { askAgent } from './agent.js';
import type { BareDomain } from './bare-domain.js';
import { inModel } from './errors.js';

/** An agent that follows a guest-shutdown doesn't answer it; one that can't, does so at once. */
const REFUSAL_TIMEOUT_MS = 2_000;

const refused = (code: number, text: string): HypervisorError =>
  new HypervisorError(text, { code, domain: VIR_FROM_QEMU });

function checkFlags(flags: number, known: number, name: string): void {
  const unknown = flags & ~known;
  if (unknown === 0) return;
  throw refused(
    VIR_ERR_ARGUMENT_UNSUPPORTED,
    `unsupported flags (0x${unknown.toString(16)}) in function ${name}`,
  );
}

/**
 * Asks the guest to go down: by the power button, or by its agent if only that is asked for.
 * @param flags VIR_DOMAIN_SHUTDOWN_*; 0 is the power button.
 */
export async function shutDown(domain: BareDomain, flags: number): Promise<void> {
  const known = VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN | VIR_DOMAIN_SHUTDOWN_GUEST_AGENT;
  checkFlags(flags, known, 'virDomainShutdownFlags');
  if (flags === VIR_DOMAIN_SHUTDOWN_GUEST_AGENT) return leave(domain, 'powerdown');
  await inModel(async () => {
    await (await domain.guest()).qmp.execute('system_powerdown');
  });
}

/**
 * Has the guest's agent restart it. Nothing else can without the guest being reset under its feet: there is no button
 * for it.
 * @param flags VIR_DOMAIN_REBOOT_*.
 */
export async function reboot(domain: BareDomain, flags: number): Promise<void> {
  checkFlags(flags, VIR_DOMAIN_REBOOT_GUEST_AGENT, 'virDomainReboot');
  if (flags === 0 && (await domain.guest()).agentSocket === undefined) {
    throw refused(
      VIR_ERR_OPERATION_UNSUPPORTED,
      "Operation not supported: a reboot needs the guest agent: use 'shutdown', or 'reset', which does not ask the guest",
    );
  }
  await leave(domain, 'reboot');
}

async function leave(domain: BareDomain, mode: 'powerdown' | 'reboot'): Promise<void> {
  await askAgent(domain, async (guest) => {
    try {
      await guest.execute('guest-shutdown', { mode }, { timeout: REFUSAL_TIMEOUT_MS });
    } catch (error) {
      // It was there when we connected, and has been told.
      if (!(error instanceof AgentTimeout) && !(error instanceof AgentUnreachable)) throw error;
    }
  });
}
