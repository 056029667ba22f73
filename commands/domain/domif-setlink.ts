import {
  VIR_DOMAIN_AFFECT_CONFIG,
  VIR_DOMAIN_AFFECT_LIVE,
  VIR_DOMAIN_XML_INACTIVE,
} from '../../src/hypervisor/constants.js';
import { CommandError, defineCommand, domainOf, domainOption, orFail } from '../../src/shell/index.js';
import { withLinkState } from './link-state.js';

export default defineCommand({
  name: 'domif-setlink',
  group: 'domain',
  summary: 'set link state of a virtual interface',
  description:
    "Set link state of a domain's virtual interface. This command wraps usage of update-device command.",
  manual: ['Plugs the virtual cable of a network card in or out. `domif-getlink` shows how it is.'],
  options: [
    domainOption(),
    {
      name: 'interface',
      type: 'string',
      required: true,
      completer: 'interface',
      help: 'interface device (MAC Address)',
    },
    {
      name: 'state',
      type: 'string',
      required: true,
      values: ['up', 'down'],
      help: 'new state of the device',
    },
    { name: 'persistent', type: 'alias', target: 'config', help: '' },
    { name: 'config', type: 'flag', bit: VIR_DOMAIN_AFFECT_CONFIG, help: 'affect next boot' },
    { name: 'print-xml', type: 'flag', help: 'print XML document rather than set the interface link state' },
  ],
  json: { oneOf: [{ object: { xml: 'string' } }, { object: { message: 'string' } }] },
  async run(context, args) {
    const domain = await domainOf(context, args);
    const device = args.text('interface');
    const state = args.text('state');
    const config = args.flag('config');
    if (state !== 'up' && state !== 'down') throw new CommandError(`invalid link state '${state}'`);
    const described = await orFail(
      'Failed to get domain description xml',
      domain.getXMLDesc(config ? VIR_DOMAIN_XML_INACTIVE : 0),
    );
    const stored = config || !(await domain.isActive().catch(() => true));
    const xml = await withLinkState(described, device, state);
    if (args.flag('print-xml')) {
      context.emit({ xml });
      context.output.print(xml);
      return;
    }
    const updated = domain.updateDeviceFlags(xml, stored ? VIR_DOMAIN_AFFECT_CONFIG : VIR_DOMAIN_AFFECT_LIVE);
    await orFail('Failed to update interface link state', updated);
    context.output.extra('Device updated successfully\n');
  },
});
