import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'domfsthaw',
  group: 'domain',
  summary: "Thaw domain's mounted filesystems.",
  description: "Thaw domain's mounted filesystems.",
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain name, id or uuid' },
    { name: 'mountpoint', type: 'argv', help: 'mountpoint path to be thawed' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
