import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'domfstrim',
  group: 'domain',
  summary: "Invoke fstrim on domain's mounted filesystems.",
  description: "Invoke fstrim on domain's mounted filesystems.",
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain name, id or uuid' },
    {
      name: 'minimum',
      type: 'int',
      help: 'Just a hint to ignore contiguous free ranges smaller than this (Bytes)',
    },
    { name: 'mountpoint', type: 'string', help: 'which mount point to trim' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
