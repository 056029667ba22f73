import { defineCommand, domainOf } from '../../src/shell/index.js';

export default defineCommand({
  name: 'domid',
  group: 'domain',
  summary: 'convert a domain name or UUID to domain id',
  description: '',
  manual: ['A domain has an id only while it runs; for one that is shut off a dash is printed.'],
  options: [
    {
      name: 'domain',
      type: 'string',
      required: true,
      completer: 'domain-active',
      help: 'domain name or uuid',
    },
  ],
  json: { object: { id: { oneOf: ['integer', 'null'] } } },
  async run(context, args) {
    const domain = await domainOf(context, args, ['uuid', 'name']);
    const id = await domain.getID();
    const running = id !== -1;
    context.emit({ id: running ? id : null });
    context.output.print(`${running ? id : '-'}\n`);
  },
});
