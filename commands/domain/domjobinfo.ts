import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'domjobinfo',
  group: 'domain',
  summary: 'domain job information',
  description: 'Returns information about jobs running on a domain.',
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain name, id or uuid' },
    { name: 'completed', type: 'flag', help: 'return statistics of a recently completed job' },
    {
      name: 'keep-completed',
      type: 'flag',
      help: "don't destroy statistics of a recently completed job when reading",
    },
    { name: 'anystats', type: 'flag', help: 'print statistics for any kind of job (even failed ones)' },
    { name: 'rawstats', type: 'flag', help: 'print the raw data returned by libvirt' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
