import { defineCommand, domainOf } from '../../src/shell/index.js';

export default defineCommand({
  name: 'domrename',
  group: 'domain',
  summary: 'rename a domain',
  description: 'Rename an inactive domain.',
  manual: [
    "Only a domain that is shut off can be renamed, and the new name must be free. Its UUID stays the same; snapshots and the managed save go with it where the hypervisor can move them, and the rename is refused where it can't.",
  ],
  options: [
    {
      name: 'domain',
      type: 'string',
      required: true,
      completer: 'domain-inactive',
      help: 'domain name or uuid',
    },
    { name: 'new-name', type: 'string', required: true, help: 'new domain name' },
  ],
  async run(context, args) {
    const domain = await domainOf(context, args);
    await domain.rename(args.text('new-name'));
    context.output.extra('Domain successfully renamed\n');
  },
});
