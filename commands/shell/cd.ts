import { homedir } from 'node:os';
import { CommandError, defineCommand, systemErrorText } from '../../src/shell/index.js';

export default defineCommand({
  name: 'cd',
  group: 'snapctl',
  summary: 'change the current directory',
  description: 'Change the current directory.',
  options: [
    {
      name: 'dir',
      type: 'string',
      completer: 'folder',
      help: 'directory to switch to (default: home or else root)',
    },
  ],
  noConnection: true,
  async run(context, args) {
    if (!context.interactive) throw new CommandError('cd: command valid only in interactive mode');
    const folder = args.optional('dir') ?? (homedir() || '/');
    try {
      process.chdir(folder);
    } catch (error) {
      throw new CommandError(`cd: ${systemErrorText(error)}: ${folder}`);
    }
  },
});
