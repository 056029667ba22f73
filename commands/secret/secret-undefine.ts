import { defineCommand, orFail } from '../../src/shell/index.js';
import { secretOf } from './secret-option.js';

export default defineCommand({
  name: 'secret-undefine',
  group: 'secret',
  summary: 'undefine a secret',
  description: 'Undefine a secret.',
  options: [{ name: 'secret', type: 'string', required: true, completer: 'secret', help: 'secret UUID' }],
  async run(context, args) {
    const found = await secretOf(context, args);
    const name = args.text('secret');
    await orFail(`Failed to delete secret ${name}`, found.undefine());
    context.output.extra(`Secret ${name} deleted\n`);
  },
});
