import type { Element } from '@xmldom/xmldom';
import {
  VIR_DOMAIN_AFFECT_CONFIG,
  VIR_DOMAIN_AFFECT_LIVE,
  VIR_DOMAIN_XML_INACTIVE,
} from '../../src/hypervisor/constants.js';
import {
  attributeAt,
  CommandError,
  defineCommand,
  domainOf,
  domainOption,
  elementsAt,
  elementText,
  parseXml,
} from '../../src/shell/index.js';
import { persistentOptions, persistentRules } from './affect-persistent.js';

export default defineCommand({
  name: 'detach-interface',
  group: 'domain',
  summary: 'detach network interface',
  description: 'Detach network interface.',
  manual: ['Takes a network card of a type from a guest. Where there are several, --mac says which.'],
  options: [
    domainOption(),
    { name: 'type', type: 'string', required: true, help: 'network interface type' },
    { name: 'mac', type: 'string', completer: 'interface-mac', help: 'MAC address' },
    ...persistentOptions,
    { name: 'print-xml', type: 'flag', help: 'print XML document rather than detach the interface' },
  ],
  rules: [...persistentRules],
  json: { oneOf: [{ object: { xml: 'string' } }, { object: { message: 'string' } }] },
  async run(context, args) {
    const domain = await domainOf(context, args);
    const type = args.text('type');
    const mac = args.optional('mac');
    const config = args.has('config') || args.has('persistent');
    const live = args.has('live') || (args.has('persistent') && (await domain.isActive()));
    const printed: string[] = [];
    const detach = async (xmlFlags: number, flags: number): Promise<void> => {
      const xml = await elementText(await findInterface(await domain.getXMLDesc(xmlFlags), type, mac));
      if (args.flag('print-xml')) {
        printed.push(xml);
        context.output.print(xml);
      } else if (flags !== 0 || args.flag('current')) await domain.detachDeviceFlags(xml, flags);
      else await domain.detachDevice(xml);
    };
    try {
      if (config) await detach(VIR_DOMAIN_XML_INACTIVE, VIR_DOMAIN_AFFECT_CONFIG);
      if (live || !config) await detach(0, live ? VIR_DOMAIN_AFFECT_LIVE : 0);
    } catch (error) {
      throw args.flag('print-xml') && error instanceof CommandError ? error : failed(error);
    }
    if (args.flag('print-xml')) context.emit({ xml: printed.join('\n') });
    else context.output.extra('Interface detached successfully\n');
  },
});

const failed = (error: unknown): CommandError => {
  const line = 'Failed to detach interface';
  return error instanceof CommandError
    ? new CommandError(error.message, new Error(line))
    : new CommandError(line, error);
};

/** @throws CommandError there is none such, or several. */
async function findInterface(xml: string, type: string, mac: string | undefined): Promise<Element> {
  const interfaces = elementsAt(await parseXml(xml), 'devices', 'interface').filter(
    (element) => element.getAttribute('type') === type,
  );
  const [first] = interfaces;
  if (!first) throw new CommandError(`No interface found whose type is ${type}`);
  if (mac === undefined) {
    if (interfaces.length === 1) return first;
    throw new CommandError(
      `Domain has ${interfaces.length} interfaces. Please specify which one to detach using --mac`,
    );
  }
  const matching = interfaces.filter(
    (element) => attributeAt(element, ['mac'], 'address')?.toLowerCase() === mac.toLowerCase(),
  );
  const [match] = matching;
  if (!match) throw new CommandError(`No interface with MAC address ${mac} was found`);
  if (matching.length > 1) {
    throw new CommandError(
      `Domain has multiple interfaces matching MAC address ${mac}. You must use detach-device and specify the device pci address to remove it.`,
    );
  }
  return match;
}
