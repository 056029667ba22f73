import { VIR_DOMAIN_CONSOLE_FORCE, VIR_DOMAIN_CONSOLE_SAFE } from '../../src/hypervisor/constants.js';
import { defineCommand, domainOf, domainOption } from '../../src/shell/index.js';
import { attachConsole } from './attach-console.js';

export default defineCommand({
  name: 'console',
  group: 'domain',
  summary: 'connect to the guest console',
  description: 'Connect the virtual serial console for the guest',
  manual: [
    "Gives the terminal to the guest: what is typed goes to it byte by byte, Ctrl-C, Ctrl-Z and Ctrl-\\ too, and what it prints comes as it is. The escape character (Ctrl-] unless the program's option --escape says otherwise) leaves; so does the guest's end. The terminal's modes are then as they were.",
    'Without --devname it is the first console. Of a bare QEMU, that is the first of its serial lines and virtio consoles; a device goes by the id of its character device or by its own, and may be a pseudo-terminal or a socket that QEMU listens on.',
    'A console serves one at a time. --force ends the session that has it; of a bare QEMU, one of snapctl. A program that has connected to the socket of a bare QEMU by itself can not be sent away.',
  ],
  options: [
    domainOption('domain-active'),
    { name: 'devname', type: 'string', completer: 'console-device', help: 'character device name' },
    {
      name: 'force',
      type: 'flag',
      bit: VIR_DOMAIN_CONSOLE_FORCE,
      help: 'force console connection (disconnect already connected sessions)',
    },
    { name: 'resume', type: 'flag', extra: true, help: 'resume a paused guest after connecting to console' },
    {
      name: 'safe',
      type: 'flag',
      bit: VIR_DOMAIN_CONSOLE_SAFE,
      help: 'only connect if safe console handling is supported',
    },
  ],
  attaches: true,
  async run(context, args) {
    const domain = await domainOf(context, args);
    const device = args.optional('devname');
    await attachConsole(context, domain, { device, flags: args.bits(), resume: args.flag('resume') });
  },
});
