import { defineCommand } from '../../src/shell/index.js';
import { secretOf } from './secret-option.js';

export default defineCommand({
  name: 'secret-get-value',
  group: 'secret',
  summary: 'Output a secret value',
  description: 'Output a secret value to stdout.',
  options: [
    { name: 'secret', type: 'string', required: true, completer: 'secret', help: 'secret UUID' },
    { name: 'plain', type: 'flag', help: 'get value without converting to base64' },
  ],
  json: { object: { uuid: 'string', base64: 'string' } },
  async run(context, args) {
    const secret = await secretOf(context, args);
    const value = Buffer.from(await secret.getValue());
    const base64 = value.toString('base64');
    context.emit({ uuid: secret.uuid, base64 });
    if (context.json) return;
    // The very bytes: who asks for them plain wants them so.
    if (args.flag('plain')) context.output.raw(value);
    else context.output.print(base64);
  },
});
