import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'snapshot-dumpxml',
  group: 'snapshot',
  summary: 'Dump XML for a domain snapshot',
  description: 'Snapshot Dump XML',
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain name, id or uuid' },
    { name: 'snapshotname', type: 'string', required: true, completer: 'snapshot', help: 'snapshot name' },
    { name: 'security-info', type: 'flag', help: 'include security sensitive information in XML dump' },
    { name: 'xpath', type: 'string', positional: false, help: 'xpath expression to filter the XML document' },
    { name: 'wrap', type: 'flag', help: 'wrap xpath results in an common root element' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
