import { CommandError, commandHelp, defineCommand, groupHelp, overview } from '../../src/shell/index.js';

export default defineCommand({
  name: 'help',
  group: 'snapctl',
  summary: 'print help',
  description: 'Prints global help, command specific help, or help for a\n    group of related commands',
  options: [
    {
      name: 'command',
      type: 'string',
      completer: 'command',
      help: 'Prints global help, command specific help, or help for a group of related commands',
    },
  ],
  manual: [
    '"help keys" lists the keys of the interactive shell, and what its lines may be besides commands.',
  ],
  lenient: true,
  noConnection: true,
  json: { object: { text: 'string' } },
  async run(context, args) {
    const text = await helpText(context.registry, args.raw('command') || undefined);
    context.emit({ text });
    context.output.print(text);
  },
});

async function helpText(
  registry: Parameters<typeof overview>[0],
  topic: string | undefined,
): Promise<string> {
  if (topic === undefined) return overview(registry);
  const command = await registry.lookup(topic);
  if (command) return commandHelp(command);
  const group = registry.group(topic);
  if (group) return groupHelp(registry, group);
  if (topic === 'keys') return (await import('../../src/editor/help-text.js')).keysHelp();
  throw new CommandError(`command or command group '${topic}' doesn't exist`);
}
