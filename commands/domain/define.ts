import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'define',
  group: 'domain',
  summary: "define (but don't start) a domain from an XML file",
  description: 'Define a domain.',
  options: [
    {
      name: 'file',
      type: 'string',
      required: true,
      completer: 'path',
      help: 'file containing an XML domain description',
    },
    { name: 'validate', type: 'flag', help: 'validate the XML against the schema' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
