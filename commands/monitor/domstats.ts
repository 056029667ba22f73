import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'domstats',
  group: 'monitor',
  summary: 'get statistics about one or multiple domains',
  description: 'Gets statistics about one or more (or all) domains',
  options: [
    { name: 'state', type: 'flag', help: 'report domain state' },
    { name: 'cpu-total', type: 'flag', help: 'report domain physical cpu usage' },
    { name: 'balloon', type: 'flag', help: 'report domain balloon statistics' },
    { name: 'vcpu', type: 'flag', help: 'report domain virtual cpu information' },
    { name: 'interface', type: 'flag', help: 'report domain network interface information' },
    { name: 'block', type: 'flag', help: 'report domain block device statistics' },
    { name: 'perf', type: 'flag', help: 'report domain perf event statistics' },
    { name: 'iothread', type: 'flag', help: 'report domain IOThread information' },
    { name: 'memory', type: 'flag', help: 'report domain memory usage' },
    { name: 'dirtyrate', type: 'flag', help: 'report domain dirty rate information' },
    { name: 'vm', type: 'flag', help: 'report hypervisor-specific statistics' },
    { name: 'list-active', type: 'flag', help: 'list only active domains' },
    { name: 'list-inactive', type: 'flag', help: 'list only inactive domains' },
    { name: 'list-persistent', type: 'flag', help: 'list only persistent domains' },
    { name: 'list-transient', type: 'flag', help: 'list only transient domains' },
    { name: 'list-running', type: 'flag', help: 'list only running domains' },
    { name: 'list-paused', type: 'flag', help: 'list only paused domains' },
    { name: 'list-shutoff', type: 'flag', help: 'list only shutoff domains' },
    { name: 'list-other', type: 'flag', help: 'list only domains in other states' },
    { name: 'raw', type: 'flag', help: 'do not pretty-print the fields' },
    { name: 'enforce', type: 'flag', help: 'enforce requested stats parameters' },
    { name: 'backing', type: 'flag', help: 'add backing chain information to block stats' },
    {
      name: 'nowait',
      type: 'flag',
      help: 'report only stats that are accessible instantly\n    <domain>         list of domains to get stats for',
    },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
