import { defineCommand, domainOf } from '../../src/shell/index.js';

export default defineCommand({
  name: 'domuuid',
  group: 'domain',
  summary: 'convert a domain name or id to domain UUID',
  description: '',
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain id or name' },
  ],
  json: { object: { uuid: 'string' } },
  async run(context, args) {
    const { uuid } = await domainOf(context, args, ['id', 'name']);
    context.emit({ uuid });
    context.output.print(`${uuid}\n`);
  },
});
