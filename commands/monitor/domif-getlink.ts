import { VIR_DOMAIN_XML_INACTIVE } from '../../src/hypervisor/constants.js';
import {
  attributeAt,
  CommandError,
  defineCommand,
  domainDocument,
  domainOf,
  domainOption,
  elementsAt,
} from '../../src/shell/index.js';

export default defineCommand({
  name: 'domif-getlink',
  group: 'monitor',
  summary: 'get link state of a virtual interface',
  description: "Get link state of a domain's virtual interface.",
  manual: [
    'Tells whether the virtual network cable of an interface is plugged in (up) or pulled out (down). The interface ' +
      'is named by its device on the host or by its MAC address.',
  ],
  options: [
    domainOption(),
    {
      name: 'interface',
      type: 'string',
      required: true,
      completer: 'interface',
      help: 'interface device (MAC Address)',
    },
    { name: 'persistent', type: 'alias', target: 'config', help: '' },
    {
      name: 'config',
      type: 'flag',
      bit: VIR_DOMAIN_XML_INACTIVE,
      help: 'Get persistent interface state',
    },
  ],
  json: { object: { interface: 'string', state: 'string' } },
  async run(context, args) {
    const name = args.text('interface');
    const root = await domainDocument(await domainOf(context, args), args.bits());
    const mac = canonicalMac(name);
    const matching = elementsAt(root, 'devices', 'interface').filter(
      (each) =>
        (mac !== undefined && attributeAt(each, ['mac'], 'address') === mac) ||
        attributeAt(each, ['target'], 'dev') === name,
    );
    const [found] = matching;
    if (!found) {
      const sought = mac === undefined ? `dev: ${name}` : `mac: ${mac}`;
      throw new CommandError(`Interface (${sought}) not found.`);
    }
    if (matching.length > 1) throw new CommandError('multiple matching interfaces found');
    const state = attributeAt(found, ['link'], 'state') ?? 'up';
    context.emit({ interface: name, state });
    context.output.print(`${name} ${state}`);
  },
});

/** A MAC address as libvirt writes it, or undefined if the text is none. Groups of one digit are fine. */
function canonicalMac(text: string): string | undefined {
  const groups = text.split(':');
  if (groups.length !== 6 || !groups.every((group) => /^[0-9a-f]+$/i.test(group))) return undefined;
  const bytes = groups.map((group) => Number.parseInt(group, 16));
  if (bytes.some((byte) => byte > 255)) return undefined;
  return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}
