import { CommandError, defineCommand, domainOf, domainOption } from '../../src/shell/index.js';
import { checkpointParent, findCheckpoint } from './find-checkpoint.js';

export default defineCommand({
  name: 'checkpoint-parent',
  group: 'checkpoint',
  summary: 'Get the name of the parent of a checkpoint',
  description: "Extract the checkpoint's parent, if any",
  options: [
    domainOption('domain-with-checkpoint'),
    {
      name: 'checkpointname',
      type: 'string',
      completer: 'checkpoint',
      help: 'find parent of checkpoint name',
    },
  ],
  json: { object: { name: 'string', parent: 'string' } },
  async run(context, args) {
    const domain = await domainOf(context, args);
    const checkpoint = await findCheckpoint(domain, 'checkpointname', args.optional('checkpointname'));
    const parent = await checkpointParent(checkpoint);
    if (parent === undefined) throw new CommandError(`checkpoint '${checkpoint.name}' has no parent`);
    context.emit({ name: checkpoint.name, parent });
    context.output.print(parent);
  },
});
