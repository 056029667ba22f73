import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'dumpxml',
  group: 'domain',
  summary: 'domain information in XML',
  description: 'Output the domain information as an XML dump to stdout.',
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain name, id or uuid' },
    { name: 'inactive', type: 'flag', help: 'show inactive defined XML' },
    { name: 'security-info', type: 'flag', help: 'include security sensitive information in XML dump' },
    { name: 'update-cpu', type: 'flag', help: 'update guest CPU according to host CPU' },
    { name: 'migratable', type: 'flag', help: 'provide XML suitable for migrations' },
    { name: 'xpath', type: 'string', positional: false, help: 'xpath expression to filter the XML document' },
    { name: 'wrap', type: 'flag', help: 'wrap xpath results in an common root element' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
