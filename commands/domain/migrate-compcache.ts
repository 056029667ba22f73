import { defineCommand, domainOf, domainOption, prettyCapacity } from '../../src/shell/index.js';

export default defineCommand({
  name: 'migrate-compcache',
  group: 'domain',
  summary: 'get/set compression cache size',
  description:
    'Get/set size of the cache (in bytes) used for compressing repeatedly transferred memory pages during live migration.',
  options: [
    domainOption('domain-active'),
    {
      name: 'size',
      type: 'int',
      positional: false,
      help: 'requested size of the cache (in bytes) used for compression',
    },
  ],
  json: { object: { bytes: 'integer' } },
  async run(context, args) {
    const domain = await domainOf(context, args);
    const wanted = args.ulonglong('size');
    if (wanted !== undefined) await domain.migrateSetCompressionCache(wanted);
    const bytes = await domain.migrateGetCompressionCache();
    context.emit({ bytes });
    const { value, unit } = prettyCapacity(bytes);
    context.output.print(`Compression cache: ${value} ${unit}`);
  },
});
