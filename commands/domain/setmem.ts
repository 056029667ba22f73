import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'setmem',
  group: 'domain',
  summary: 'change memory allocation',
  description: 'Change the current memory allocation in the guest domain.',
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain name, id or uuid' },
    { name: 'size', type: 'int', required: true, help: 'new memory size, as scaled integer (default KiB)' },
    { name: 'config', type: 'flag', help: 'affect next boot' },
    { name: 'live', type: 'flag', help: 'affect running domain' },
    { name: 'current', type: 'flag', help: 'affect current domain' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
