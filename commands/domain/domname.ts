import { defineCommand, domainOf } from '../../src/shell/index.js';

export default defineCommand({
  name: 'domname',
  group: 'domain',
  summary: 'convert a domain id or UUID to domain name',
  description: '',
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain-uuid', help: 'domain id or uuid' },
  ],
  json: { object: { name: 'string' } },
  async run(context, args) {
    const { name } = await domainOf(context, args, ['id', 'uuid']);
    context.emit({ name });
    context.output.print(`${name}\n`);
  },
});
