import { defineCommand, orFail } from '../../src/shell/index.js';
import { networkOf } from './network-option.js';
import { networkPortOf } from './network-port-option.js';

export default defineCommand({
  name: 'net-port-delete',
  group: 'network',
  summary: 'delete the specified network port',
  description: 'Delete the specified network port.',
  options: [
    { name: 'network', type: 'string', required: true, completer: 'network', help: 'network name or uuid' },
    { name: 'port', type: 'string', required: true, completer: 'network-port', help: 'port UUID' },
  ],
  json: { object: { uuid: 'string' } },
  async run(context, args) {
    const port = await networkPortOf(await networkOf(context, args), args);
    await orFail(`Failed to delete network port ${port.uuid}`, port.delete());
    context.emit({ uuid: port.uuid });
    context.output.extra(`Network port ${port.uuid} deleted\n`);
  },
});
