import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'desc',
  group: 'domain',
  summary: "show or set domain's description or title",
  description: 'Allows setting or modifying the description or title of a domain.',
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain name, id or uuid' },
    { name: 'live', type: 'flag', help: 'modify/get running state' },
    { name: 'config', type: 'flag', help: 'modify/get persistent configuration' },
    { name: 'current', type: 'flag', help: 'modify/get current state configuration' },
    { name: 'title', type: 'flag', help: 'modify/get the title instead of description' },
    { name: 'edit', type: 'flag', help: 'open an editor to modify the description' },
    { name: 'new-desc', type: 'argv', help: 'message' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
