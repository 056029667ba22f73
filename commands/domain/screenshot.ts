import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'screenshot',
  group: 'domain',
  summary: 'take a screenshot of a current domain console and store it into a file',
  description: 'screenshot of a current domain console',
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain name, id or uuid' },
    { name: 'file', type: 'string', completer: 'path', help: 'where to store the screenshot' },
    { name: 'screen', type: 'int', help: 'ID of a screen to take screenshot of' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
