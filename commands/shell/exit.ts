import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'exit',
  group: 'snapctl',
  summary: 'quit this interactive terminal',
  description: '',
  options: [],
  noConnection: true,
  async run(context) {
    context.session.ended = true;
  },
});
