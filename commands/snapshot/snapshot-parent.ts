import { CommandError, defineCommand, domainOf, domainOption } from '../../src/shell/index.js';
import { parentName } from '../../src/snapshot/parent-name.js';
import { findOneSnapshot } from './find-snapshot.js';

export default defineCommand({
  name: 'snapshot-parent',
  group: 'snapshot',
  summary: 'Get the name of the parent of a snapshot',
  description: "Extract the snapshot's parent, if any",
  manual: [
    'Prints the name of the snapshot that was current when the given one was made. A snapshot without a parent is an error.',
  ],
  options: [
    domainOption('domain-with-snapshot'),
    { name: 'snapshotname', type: 'string', completer: 'snapshot', help: 'find parent of snapshot name' },
    { name: 'current', type: 'flag', help: 'find parent of current snapshot' },
  ],
  json: { object: { name: 'string', parent: 'string' } },
  async run(context, args) {
    const domain = await domainOf(context, args);
    const snapshot = await findOneSnapshot(domain, {
      option: 'snapshotname',
      name: args.optional('snapshotname'),
      current: args.flag('current'),
    });
    const parent = await parentName(snapshot);
    if (parent === undefined) throw new CommandError(`snapshot '${snapshot.name}' has no parent`);
    context.emit({ name: snapshot.name, parent });
    context.output.print(parent);
  },
});
