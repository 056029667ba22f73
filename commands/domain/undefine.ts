import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'undefine',
  group: 'domain',
  summary: 'undefine a domain',
  description: 'Undefine an inactive domain, or convert persistent to transient.',
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain name, id or uuid' },
    { name: 'managed-save', type: 'flag', help: 'remove domain managed state file' },
    {
      name: 'storage',
      type: 'string',
      help: 'remove associated storage volumes (comma separated list of targets or source paths) (see domblklist)',
    },
    {
      name: 'remove-all-storage',
      type: 'flag',
      help: 'remove all associated storage volumes (use with caution)',
    },
    {
      name: 'delete-storage-volume-snapshots',
      type: 'flag',
      help: 'delete snapshots associated with volume(s), requires --remove-all-storage (must be supported by storage driver)',
    },
    { name: 'wipe-storage', type: 'flag', help: 'wipe data on the removed volumes' },
    {
      name: 'snapshots-metadata',
      type: 'flag',
      help: 'remove all domain snapshot metadata (vm must be inactive)',
    },
    {
      name: 'checkpoints-metadata',
      type: 'flag',
      help: 'remove all domain checkpoint metadata (vm must be inactive)',
    },
    { name: 'nvram', type: 'flag', help: 'remove nvram file' },
    { name: 'keep-nvram', type: 'flag', help: 'keep nvram file' },
    { name: 'tpm', type: 'flag', help: 'remove TPM state' },
    { name: 'keep-tpm', type: 'flag', help: 'keep TPM state' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
