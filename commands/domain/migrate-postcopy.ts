import { defineCommand, domainOf, domainOption } from '../../src/shell/index.js';

export default defineCommand({
  name: 'migrate-postcopy',
  group: 'domain',
  summary: 'Switch running migration from pre-copy to post-copy',
  description:
    'Switch running migration from pre-copy to post-copy. The migration must have been started with --postcopy option.',
  options: [domainOption('domain-active')],
  async run(context, args) {
    const domain = await domainOf(context, args);
    await domain.migrateStartPostCopy();
  },
});
