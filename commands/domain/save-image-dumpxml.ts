import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'save-image-dumpxml',
  group: 'domain',
  summary: 'saved state domain information in XML',
  description: 'Dump XML of domain information for a saved state file to stdout.',
  options: [
    { name: 'file', type: 'string', required: true, completer: 'path', help: 'saved state file to read' },
    { name: 'security-info', type: 'flag', help: 'include security sensitive information in XML dump' },
    { name: 'xpath', type: 'string', positional: false, help: 'xpath expression to filter the XML document' },
    { name: 'wrap', type: 'flag', help: 'wrap xpath results in an common root element' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
