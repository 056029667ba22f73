import {
  VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN,
  VIR_DOMAIN_SHUTDOWN_GUEST_AGENT,
  VIR_DOMAIN_SHUTDOWN_INITCTL,
  VIR_DOMAIN_SHUTDOWN_PARAVIRT,
  VIR_DOMAIN_SHUTDOWN_SIGNAL,
} from '../../src/hypervisor/constants.js';
import { defineCommand, domainOf, domainOption, orFail } from '../../src/shell/index.js';
import { modeFlags } from './power-mode.js';

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
  manual: [
    'The guest is asked; it decides when, and whether, to follow. The command does not wait for it.',
    "Several modes may be given, separated by commas; which of them is tried first is the hypervisor's choice. Without --mode the hypervisor picks one.",
  ],
  options: [
    domainOption('domain-active'),
    {
      name: 'mode',
      type: 'string',
      values: Object.keys(modes),
      valueList: true,
      help: 'shutdown mode: acpi|agent|initctl|signal|paravirt',
    },
  ],
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
