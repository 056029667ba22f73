import {
  CommandError,
  commandHelp,
  defineCommand,
  exclusive,
  groupHelp,
  missingLine,
  overview,
  type Registry,
} from '../../src/shell/index.js';

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
    {
      name: 'missing',
      type: 'flag',
      extra: true,
      help: "tell which of virsh's commands snapctl does not have",
    },
  ],
  rules: [exclusive('command', 'missing')],
  manual: [
    '"help keys" lists the keys of the interactive shell, and what its lines may be besides commands.',
    '"help --missing" tells which commands of virsh 9.0 snapctl does not have, and why.',
  ],
  lenient: true,
  noConnection: true,
  json: {
    object: { text: 'string', 'missing?': { list: { object: { name: 'string', reason: 'string' } } } },
  },
  async run(context, args) {
    if (args.flag('missing')) {
      const missing = [...context.registry.missing].map(([name, reason]) => ({ name, reason }));
      const lines = missing.map(({ name, reason }) => `    ${name.padEnd(30)} ${reason}\n`);
      const text = `Commands of virsh 9.0 that snapctl does not have:\n\n${lines.join('')}\n`;
      context.emit({ text, missing });
      context.output.print(text);
      return;
    }
    const text = await helpText(context.registry, args.raw('command') || undefined);
    context.emit({ text });
    context.output.print(text);
  },
});

async function helpText(registry: Registry, topic: string | undefined): Promise<string> {
  if (topic === undefined) return overview(registry);
  const command = await registry.lookup(topic);
  if (command) return commandHelp(command);
  const group = registry.group(topic);
  if (group) return groupHelp(registry, group);
  if (topic === 'keys') return (await import('../../src/editor/help-text.js')).keysHelp();
  const reason = registry.missing.get(topic);
  throw new CommandError(
    `command or command group '${topic}' doesn't exist`,
    reason === undefined ? undefined : missingLine(topic, reason),
  );
}
