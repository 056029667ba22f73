import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'setvcpus',
  group: 'domain',
  summary: 'change number of virtual CPUs',
  description: 'Change the number of virtual CPUs in the guest domain.',
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain name, id or uuid' },
    { name: 'count', type: 'int', required: true, help: 'number of virtual CPUs' },
    { name: 'maximum', type: 'flag', help: 'set maximum limit on next boot' },
    { name: 'config', type: 'flag', help: 'affect next boot' },
    { name: 'live', type: 'flag', help: 'affect running domain' },
    { name: 'current', type: 'flag', help: 'affect current domain' },
    { name: 'guest', type: 'flag', help: 'modify cpu state in the guest' },
    { name: 'hotpluggable', type: 'flag', help: 'make added vcpus hot(un)pluggable' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
