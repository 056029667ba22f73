import {
  VIR_DOMAIN_AFFECT_CONFIG,
  VIR_DOMAIN_AFFECT_LIVE,
  VIR_DOMAIN_METADATA_ELEMENT,
} from '../../src/hypervisor/constants.js';
import {
  CommandError,
  defineCommand,
  domainOf,
  domainOption,
  editXml,
  exclusive,
} from '../../src/shell/index.js';

export default defineCommand({
  name: 'metadata',
  group: 'domain',
  summary: "show or set domain's custom XML metadata",
  description: 'Shows or modifies the XML metadata of a domain.',
  manual: [
    'Shows or changes an element of XML that some program keeps with a domain under a namespace of its own, and of which the hypervisor knows nothing else.',
  ],
  options: [
    domainOption(),
    { name: 'uri', type: 'string', required: true, help: 'URI of the namespace' },
    { name: 'live', type: 'flag', bit: VIR_DOMAIN_AFFECT_LIVE, help: 'modify/get running state' },
    {
      name: 'config',
      type: 'flag',
      bit: VIR_DOMAIN_AFFECT_CONFIG,
      help: 'modify/get persistent configuration',
    },
    { name: 'current', type: 'flag', help: 'modify/get current state configuration' },
    { name: 'edit', type: 'flag', help: 'use an editor to change the metadata' },
    { name: 'key', type: 'string', help: 'key to be used as a namespace identifier' },
    { name: 'set', type: 'string', help: 'new metadata to set' },
    { name: 'remove', type: 'flag', help: 'remove the metadata corresponding to an uri' },
  ],
  rules: [
    exclusive('current', 'live'),
    exclusive('current', 'config'),
    exclusive('edit', 'set'),
    exclusive('remove', 'set'),
    exclusive('remove', 'edit'),
  ],
  json: { oneOf: [{ object: { xml: 'string' } }, { object: { message: 'string' } }] },
  async run(context, args) {
    const domain = await domainOf(context, args);
    const uri = args.text('uri');
    const key = args.optional('key');
    const set = args.optional('set');
    const flags = args.bits();
    const edit = args.flag('edit');
    if ((set !== undefined || edit) && key === undefined) {
      throw new CommandError('namespace key is required when modifying metadata');
    }
    const change = (xml: string | null) =>
      domain.setMetadata(VIR_DOMAIN_METADATA_ELEMENT, xml, key ?? null, uri, flags);
    const read = () => domain.getMetadata(VIR_DOMAIN_METADATA_ELEMENT, uri, flags);
    if (set !== undefined || args.flag('remove')) {
      await change(set ?? null);
      context.output.extra(args.flag('remove') ? 'Metadata removed\n' : 'Metadata modified\n');
    } else if (edit) {
      const edited = await editXml(context, {
        read: () => read().catch(() => '\n'),
        replace: (xml) => change(xml),
      });
      context.output.extra(edited ? 'Metadata modified\n' : 'Metadata not changed');
    } else {
      const xml = await read();
      context.emit({ xml });
      context.output.print(`${xml}\n`);
    }
  },
});
