import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'edit',
  group: 'domain',
  summary: 'edit XML configuration for a domain',
  description: 'Edit the XML configuration for a domain.',
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain name, id or uuid' },
    { name: 'skip-validate', type: 'flag', help: 'skip validation of the XML against the schema' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
