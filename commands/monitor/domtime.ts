import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'domtime',
  group: 'monitor',
  summary: 'domain time',
  description: "Gets or sets the domain's system time",
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain name, id or uuid' },
    { name: 'now', type: 'flag', help: 'set to the time of the host running virsh' },
    { name: 'pretty', type: 'flag', help: "print domain's time in human readable form" },
    { name: 'sync', type: 'flag', help: "instead of setting given time, synchronize from domain's RTC" },
    { name: 'time', type: 'int', help: 'time to set' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
