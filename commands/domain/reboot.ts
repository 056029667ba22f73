import {
  VIR_DOMAIN_REBOOT_ACPI_POWER_BTN,
  VIR_DOMAIN_REBOOT_GUEST_AGENT,
  VIR_DOMAIN_REBOOT_INITCTL,
  VIR_DOMAIN_REBOOT_PARAVIRT,
  VIR_DOMAIN_REBOOT_SIGNAL,
} from '../../src/hypervisor/constants.js';
import { defineCommand, domainOf, domainOption, orFail } from '../../src/shell/index.js';
import { modeFlags, modeOption, powerManual } from './power-mode.js';

const modes = {
  acpi: VIR_DOMAIN_REBOOT_ACPI_POWER_BTN,
  agent: VIR_DOMAIN_REBOOT_GUEST_AGENT,
  initctl: VIR_DOMAIN_REBOOT_INITCTL,
  signal: VIR_DOMAIN_REBOOT_SIGNAL,
  paravirt: VIR_DOMAIN_REBOOT_PARAVIRT,
};

export default defineCommand({
  name: 'reboot',
  group: 'domain',
  summary: 'reboot a domain',
  description: 'Run a reboot command in the target domain.',
  manual: powerManual,
  options: [domainOption('domain-active'), modeOption(modes)],
  async run(context, args) {
    const flags = modeFlags(
      args.optional('mode'),
      modes,
      "'acpi', 'agent', 'initctl', 'signal' or 'paravirt'",
    );
    const domain = await domainOf(context, args);
    const name = args.text('domain');
    await orFail(`Failed to reboot domain '${name}'`, domain.reboot(flags));
    context.output.extra(`Domain '${name}' is being rebooted\n`);
  },
});
