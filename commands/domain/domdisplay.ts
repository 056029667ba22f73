import { VIR_DOMAIN_XML_SECURE } from '../../src/hypervisor/constants.js';
import {
  CommandError,
  defineCommand,
  domainDocument,
  domainOf,
  domainOption,
  exclusive,
} from '../../src/shell/index.js';
import { displayUris } from './display-uris.js';

export default defineCommand({
  name: 'domdisplay',
  group: 'domain',
  summary: 'domain display connection URI',
  description: 'Output the IP address and port number for the graphical display.',
  manual: ['Prints the URI under which the screen of a guest can be reached: vnc://localhost:0 and so on.'],
  options: [
    domainOption('domain-active'),
    {
      name: 'include-password',
      type: 'flag',
      help: 'includes the password into the connection URI if available',
    },
    {
      name: 'type',
      type: 'string',
      help: 'select particular graphical display (e.g. "vnc", "spice", "rdp", "dbus")',
    },
    { name: 'all', type: 'flag', help: 'show all possible graphical displays' },
  ],
  rules: [exclusive('all', 'type')],
  json: { list: 'string' },
  async run(context, args) {
    const domain = await domainOf(context, args);
    if (!(await domain.isActive())) throw new CommandError('Domain is not running');
    const type = args.optional('type');
    const all = args.flag('all');
    const document = await domainDocument(domain, args.flag('include-password') ? VIR_DOMAIN_XML_SECURE : 0);
    const uris: string[] = [];
    for await (const uri of displayUris(context.connection, document, all ? undefined : type)) {
      uris.push(uri);
      context.output.print(all ? `${uri}\n` : uri);
      if (!all) break;
    }
    if (uris.length === 0) {
      throw new CommandError(
        type === undefined ? 'No graphical display found' : `No graphical display with type '${type}' found`,
      );
    }
    context.emit(uris);
  },
});
