import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'pwd',
  group: 'snapctl',
  summary: 'print the current directory',
  description: 'Print the current directory.',
  options: [],
  noConnection: true,
  json: { object: { folder: 'string' } },
  async run(context) {
    const folder = process.cwd();
    context.emit({ folder });
    context.output.print(`${folder}\n`);
  },
});
