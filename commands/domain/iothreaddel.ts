import { defineCommand, domainOf, domainOption } from '../../src/shell/index.js';
import { affectOptions, affectRules } from './affect-options.js';
import { ioThreadId } from './iothread-id.js';

export default defineCommand({
  name: 'iothreaddel',
  group: 'domain',
  summary: 'delete an IOThread from the guest domain',
  description: 'Delete an IOThread from the guest domain.',
  options: [
    domainOption(),
    { name: 'id', type: 'int', required: true, help: 'iothread_id for the IOThread to delete' },
    ...affectOptions,
  ],
  rules: [...affectRules],
  async run(context, args) {
    const domain = await domainOf(context, args);
    await domain.delIOThread(ioThreadId(args), args.bits());
  },
});
