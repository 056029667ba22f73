import {
  VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN,
  VIR_DOMAIN_SHUTDOWN_GUEST_AGENT,
  VIR_DOMAIN_SHUTDOWN_INITCTL,
  VIR_DOMAIN_SHUTDOWN_PARAVIRT,
  VIR_DOMAIN_SHUTDOWN_SIGNAL,
} from '../../src/hypervisor/constants.js';
import { defineCommand, domainOf, domainOption, orFail } from '../../src/shell/index.js';
import { modeFlags, modeOption, powerManual } from './power-mode.js';

const modes = {
  acpi: VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN,
  agent: VIR_DOMAIN_SHUTDOWN_GUEST_AGENT,
  initctl: VIR_DOMAIN_SHUTDOWN_INITCTL,
  signal: VIR_DOMAIN_SHUTDOWN_SIGNAL,
  paravirt: VIR_DOMAIN_SHUTDOWN_PARAVIRT,
};

export default defineCommand({
  name: 'shutdown',
  group: 'domain',
  summary: 'gracefully shutdown a domain',
  description: 'Run shutdown in the target domain.',
  manual: powerManual,
  options: [domainOption('domain-active'), modeOption(modes)],
  async run(context, args) {
    const flags = modeFlags(
      args.optional('mode'),
      modes,
      "'acpi', 'agent', 'initctl', 'signal', or 'paravirt'",
    );
    const domain = await domainOf(context, args);
    const name = args.text('domain');
    await orFail(
      `Failed to shutdown domain '${name}'`,
      flags === 0 ? domain.shutdown() : domain.shutdownFlags(flags),
    );
    context.output.extra(`Domain '${name}' is being shutdown\n`);
  },
});
