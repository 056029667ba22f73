import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'managedsave-dumpxml',
  group: 'domain',
  summary: 'Domain information of managed save state file in XML',
  description: 'Dump XML of domain information for a managed save state file to stdout.',
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain name, id or uuid' },
    { name: 'security-info', type: 'flag', help: 'include security sensitive information in XML dump' },
    { name: 'xpath', type: 'string', positional: false, help: 'xpath expression to filter the XML document' },
    { name: 'wrap', type: 'flag', help: 'wrap xpath results in an common root element' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
