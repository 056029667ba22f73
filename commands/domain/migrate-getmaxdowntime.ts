import { defineCommand, domainOf, domainOption } from '../../src/shell/index.js';

export default defineCommand({
  name: 'migrate-getmaxdowntime',
  group: 'domain',
  summary: 'get maximum tolerable downtime',
  description: 'Get maximum tolerable downtime of a domain which is being live-migrated to another host.',
  options: [domainOption('domain-active')],
  json: { object: { milliseconds: 'integer' } },
  async run(context, args) {
    const domain = await domainOf(context, args);
    const milliseconds = await domain.migrateGetMaxDowntime();
    context.emit({ milliseconds });
    context.output.print(`${milliseconds}\n`);
  },
});
