import {
  attributeAt,
  defineCommand,
  domainDocument,
  domainOf,
  domainOption,
  SilentFailure,
} from '../../src/shell/index.js';

export default defineCommand({
  name: 'ttyconsole',
  group: 'domain',
  summary: 'tty console',
  description: 'Output the device for the TTY console.',
  options: [domainOption('domain-active')],
  json: { object: { tty: 'string' } },
  async run(context, args) {
    const domain = await domainOf(context, args);
    const tty = attributeAt(await domainDocument(domain), ['devices', 'console'], 'tty');
    if (tty === undefined) throw new SilentFailure('no terminal');
    context.emit({ tty });
    context.output.print(`${tty}\n`);
  },
});
