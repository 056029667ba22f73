import { VIR_DOMAIN_XML_INACTIVE } from '../../src/hypervisor/constants.js';
import {
  CommandError,
  defineCommand,
  domainDocument,
  domainOf,
  domainOption,
  elementsAt,
  elementText,
  exclusive,
} from '../../src/shell/index.js';
import { affectOptions, affectRules } from './affect-options.js';
import { memoryDevice } from './memory-device.js';

export default defineCommand({
  name: 'update-memory-device',
  group: 'domain',
  summary: 'update memory device of a domain',
  description: 'Update values of a memory device of a domain',
  manual: [
    'Changes how much of a virtio-mem device the guest is to use (--requested-size), which takes memory from it or gives it some while it runs.',
  ],
  options: [
    domainOption(),
    ...affectOptions,
    {
      name: 'print-xml',
      type: 'flag',
      help: 'print updated memory device XML instead of executing the change',
    },
    { name: 'alias', type: 'string', completer: 'device-alias', help: 'memory device alias' },
    { name: 'node', type: 'int', help: 'memory device target node' },
    {
      name: 'requested-size',
      type: 'scaled',
      help: 'new value of <requested/> size, as scaled integer (default KiB)',
    },
  ],
  rules: [exclusive('node', 'alias'), ...affectRules],
  json: { oneOf: [{ object: { xml: 'string' } }, { object: { message: 'string' } }] },
  async run(context, args) {
    const alias = args.optional('alias');
    const node = args.uint('node');
    const domain = await domainOf(context, args);
    const inactive = args.flag('config') ? VIR_DOMAIN_XML_INACTIVE : 0;
    const device = memoryDevice(await domainDocument(domain, inactive), alias, node);
    const bytes = args.scaled('requested-size', 1024);
    if (bytes !== undefined) {
      const [requested] = elementsAt(device, 'target', 'requested');
      if (!requested) throw new CommandError('virtio-mem device is missing <requested/>');
      requested.setAttribute('unit', 'KiB');
      requested.textContent = String((bytes + 1023n) / 1024n);
    }
    const xml = await elementText(device);
    if (args.flag('print-xml')) {
      context.emit({ xml });
      context.output.print(xml);
      return;
    }
    await domain.updateDeviceFlags(xml, args.bits());
  },
});
