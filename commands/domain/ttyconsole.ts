import {
  attributeAt,
  defineCommand,
  domainDocument,
  domainOf,
  SilentFailure,
} from '../../src/shell/index.js';

export default defineCommand({
  name: 'ttyconsole',
  group: 'domain',
  summary: 'tty console',
  description: 'Output the device for the TTY console.',
  options: [
    {
      name: 'domain',
      type: 'string',
      required: true,
      completer: 'domain-active',
      help: 'domain name, id or uuid',
    },
  ],
  json: { object: { tty: 'string' } },
  async run(context, args) {
    const domain = await domainOf(context, args);
    const tty = attributeAt(await domainDocument(domain), ['devices', 'console'], 'tty');
    if (tty === undefined) throw new SilentFailure('no terminal');
    context.emit({ tty });
    context.output.print(`${tty}\n`);
  },
});
