import { defineCommand, orFail, SilentFailure } from '../../src/shell/index.js';
import { hostInterfaceOf } from './interface-option.js';

export default defineCommand({
  name: 'iface-destroy',
  group: 'interface',
  summary: 'destroy a physical host interface (disable it / "if-down")',
  description: 'forcefully stop a physical host interface.',
  options: [
    {
      name: 'interface',
      type: 'string',
      required: true,
      completer: 'host-interface',
      help: 'interface name or MAC address',
    },
  ],
  async run(context, args) {
    const found = await hostInterfaceOf(context, args);
    const name = args.text('interface');
    await orFail(`Failed to destroy interface ${name}`, found.destroy());
    context.output.extra(`Interface ${name} destroyed\n`);
    // virsh's own exit status, as of 9.0: scripts that use it know.
    throw new SilentFailure();
  },
});
