import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'start',
  group: 'domain',
  summary: 'start a (previously defined) inactive domain',
  description:
    'Start a domain, either from the last managedsave\n    state, or via a fresh boot if no managedsave state\n    is present.',
  options: [
    {
      name: 'domain',
      type: 'string',
      required: true,
      completer: 'domain',
      help: 'name of the inactive domain',
    },
    { name: 'console', type: 'flag', help: 'attach to console after creation' },
    { name: 'paused', type: 'flag', help: 'leave the guest paused after creation' },
    { name: 'autodestroy', type: 'flag', help: 'automatically destroy the guest when virsh disconnects' },
    { name: 'bypass-cache', type: 'flag', help: 'avoid file system cache when loading' },
    { name: 'force-boot', type: 'flag', help: 'force fresh boot by discarding any managed save' },
    { name: 'pass-fds', type: 'string', help: 'pass file descriptors N,M,... to the guest' },
    { name: 'reset-nvram', type: 'flag', help: 're-initialize NVRAM from its pristine template' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
