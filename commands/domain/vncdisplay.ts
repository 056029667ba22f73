import {
  attributeAt,
  CommandError,
  defineCommand,
  domainDocument,
  domainOf,
  domainOption,
  elementsAt,
  parseWhole,
} from '../../src/shell/index.js';

export default defineCommand({
  name: 'vncdisplay',
  group: 'domain',
  summary: 'vnc display',
  description: 'Output the IP address and port number for the VNC display.',
  options: [domainOption('domain-active')],
  json: { object: { display: 'string' } },
  async run(context, args) {
    const domain = await domainOf(context, args);
    if (!(await domain.isActive())) throw new CommandError('Domain is not running');
    const document = await domainDocument(domain);
    const vnc = elementsAt(document, 'devices', 'graphics').find(
      (each) => each.getAttribute('type') === 'vnc',
    );
    const port = parseWhole(vnc?.getAttribute('port') ?? '');
    if (!vnc || port === undefined)
      throw new CommandError('Failed to get VNC port. Is this domain using VNC?');
    const address = vnc.getAttribute('listen') || attributeAt(vnc, ['listen'], 'address');
    const display = `${!address || address === '0.0.0.0' ? '' : address}:${port - 5900n}`;
    context.emit({ display });
    context.output.print(`${display}\n`);
  },
});
