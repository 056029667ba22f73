import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'domfsfreeze',
  group: 'domain',
  summary: "Freeze domain's mounted filesystems.",
  description: "Freeze domain's mounted filesystems.",
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain name, id or uuid' },
    { name: 'mountpoint', type: 'argv', help: 'mountpoint path to be frozen' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
