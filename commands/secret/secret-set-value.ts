import { CommandError, defineCommand, exclusive, orFail, readBinaryFile } from '../../src/shell/index.js';
import { askHidden } from '../shell/ask-hidden.js';
import { secretOf } from './secret-option.js';

/** virsh's limit for a file with a secret. */
const MAX_VALUE = 1024;

export default defineCommand({
  name: 'secret-set-value',
  group: 'secret',
  summary: 'set a secret value',
  description: 'Set a secret value.',
  options: [
    { name: 'secret', type: 'string', required: true, completer: 'secret', help: 'secret UUID' },
    { name: 'file', type: 'string', completer: 'path', positional: false, help: 'read secret from file' },
    { name: 'plain', type: 'flag', help: 'read the secret from file without converting from base64' },
    { name: 'interactive', type: 'flag', help: 'read the secret from the terminal' },
    { name: 'base64', type: 'string', help: 'base64-encoded secret value' },
  ],
  rules: [
    exclusive('file', 'base64'),
    exclusive('plain', 'base64'),
    exclusive('interactive', 'base64'),
    exclusive('interactive', 'plain'),
    exclusive('interactive', 'file'),
  ],
  json: { object: { uuid: 'string' } },
  async run(context, args) {
    const secret = await secretOf(context, args);
    const base64 = args.optional('base64');
    const file = args.optional('file');
    let value: Buffer;
    if (base64 !== undefined) {
      context.output.error('Passing secret value as command-line argument is insecure!');
      value = Buffer.from(base64, 'base64');
    } else if (file !== undefined) {
      const content = await readBinaryFile(file, MAX_VALUE);
      value = args.flag('plain') ? content : Buffer.from(content.toString('latin1'), 'base64');
    } else if (args.flag('interactive')) {
      if (!context.output.streams.stdin.isTTY) throw new CommandError('Failed to read secret');
      value = Buffer.from(await askHidden(context, 'Enter new value for secret:'));
    } else throw new CommandError('Input secret value is missing');
    await orFail('Failed to set secret value', secret.setValue(value));
    context.emit({ uuid: secret.uuid });
    context.output.extra('Secret value set\n');
  },
});
