import { VIR_DOMAIN_XML_INACTIVE } from '../../src/hypervisor/constants.js';
import {
  attributeAt,
  defineCommand,
  domainDocument,
  domainOf,
  domainOption,
  elementsAt,
  formatTable,
} from '../../src/shell/index.js';

export default defineCommand({
  name: 'domiflist',
  group: 'monitor',
  summary: 'list all domain virtual interfaces',
  description: 'Get the summary of virtual interfaces for a domain.',
  manual: [
    'The interface is the device on the host, which exists only while the guest runs unless its configuration names ' +
      'it. The source is the network, bridge or host device that it is connected to.',
  ],
  options: [
    domainOption(),
    {
      name: 'inactive',
      type: 'flag',
      bit: VIR_DOMAIN_XML_INACTIVE,
      help: 'get inactive rather than running configuration',
    },
  ],
  json: {
    list: {
      object: {
        interface: { oneOf: ['string', 'null'] },
        type: 'string',
        source: { oneOf: ['string', 'null'] },
        model: { oneOf: ['string', 'null'] },
        mac: { oneOf: ['string', 'null'] },
      },
    },
  },
  async run(context, args) {
    const flags = args.bits();
    const root = await domainDocument(await domainOf(context, args), flags);
    const interfaces = elementsAt(root, 'devices', 'interface').map((each) => ({
      interface: attributeAt(each, ['target'], 'dev') ?? null,
      type: attributeAt(each, [], 'type') ?? '',
      source: attributeAt(each, ['source'], 'bridge', 'dev', 'network', 'name', 'path') ?? null,
      model: attributeAt(each, ['model'], 'type') ?? null,
      mac: attributeAt(each, ['mac'], 'address') ?? null,
    }));
    context.emit(interfaces);
    const header = context.output.quiet ? null : ['Interface', 'Type', 'Source', 'Model', 'MAC'];
    const rows = interfaces.map((each) => [
      each.interface ?? '-',
      each.type,
      each.source ?? '-',
      each.model ?? '-',
      each.mac ?? '-',
    ]);
    context.output.print(await formatTable(header, rows));
  },
});
