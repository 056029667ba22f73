import { defineCommand, domainOf, domainOption } from '../../src/shell/index.js';
import { affectOptions, affectRules } from './affect-options.js';
import { ioThreadId } from './iothread-id.js';

export default defineCommand({
  name: 'iothreadadd',
  group: 'domain',
  summary: 'add an IOThread to the guest domain',
  description: 'Add an IOThread to the guest domain.',
  options: [
    domainOption(),
    { name: 'id', type: 'int', required: true, help: 'iothread for the new IOThread' },
    ...affectOptions,
  ],
  rules: [...affectRules],
  async run(context, args) {
    const domain = await domainOf(context, args);
    await domain.addIOThread(ioThreadId(args), args.bits());
  },
});
