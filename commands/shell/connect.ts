import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'connect',
  group: 'snapctl',
  summary: '(re)connect to hypervisor',
  description: 'Connect to local hypervisor. This is built-in command after shell start up.',
  options: [
    { name: 'name', type: 'string', emptyOk: true, help: 'hypervisor connection URI' },
    { name: 'readonly', type: 'flag', help: 'read-only connection' },
  ],
  noConnection: true,
  async run(context, args) {
    await context.session.connect(args.optional('name'), args.flag('readonly'));
  },
});
