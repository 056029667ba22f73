import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'vcpucount',
  group: 'domain',
  summary: 'domain vcpu counts',
  description: 'Returns the number of virtual CPUs used by the domain.',
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain name, id or uuid' },
    { name: 'maximum', type: 'flag', help: 'get maximum count of vcpus' },
    { name: 'active', type: 'flag', help: 'get number of currently active vcpus' },
    { name: 'live', type: 'flag', help: 'get value from running domain' },
    { name: 'config', type: 'flag', help: 'get value to be used on next boot' },
    { name: 'current', type: 'flag', help: 'get value according to current domain state' },
    { name: 'guest', type: 'flag', help: 'retrieve vcpu count from the guest instead of the hypervisor' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
