import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'create',
  group: 'domain',
  summary: 'create a domain from an XML file',
  description: 'Create a domain.',
  options: [
    {
      name: 'file',
      type: 'string',
      required: true,
      completer: 'path',
      help: 'file containing an XML domain description',
    },
    { name: 'console', type: 'flag', help: 'attach to console after creation' },
    { name: 'paused', type: 'flag', help: 'leave the guest paused after creation' },
    { name: 'autodestroy', type: 'flag', help: 'automatically destroy the guest when virsh disconnects' },
    { name: 'pass-fds', type: 'string', help: 'pass file descriptors N,M,... to the guest' },
    { name: 'validate', type: 'flag', help: 'validate the XML against the schema' },
    { name: 'reset-nvram', type: 'flag', help: 're-initialize NVRAM from its pristine template' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
