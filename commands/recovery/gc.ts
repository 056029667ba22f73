import type { Candidate } from '../../src/care/garbage.js';
import { CommandError, defineCommand, domainOf, exclusive, SilentFailure } from '../../src/shell/index.js';
import { prettyCapacity } from '../../src/shell/pretty-capacity.js';

export default defineCommand({
  name: 'gc',
  group: 'recovery',
  summary: 'remove files of snapshots that nothing refers to',
  description: 'Remove images and saved memory that snapshots have made and nothing refers to any more.',
  manual: [
    "Whenever snapctl takes a snapshot it notes which files that made. A file goes only if it is such a one and still the same, and if no disk of any domain of the connection is on it, no snapshot tells of it, no other image lies on it, no journal, no description of a guest that libvirt or Proxmox keeps in a file and no record of how a guest was started tells of it, and no process has it open. Half-written files that a killed snapctl left beside the images of a domain go, too, once they are ten minutes old. What may be somebody else's stays: files that snapshots of other programs have made (see doctor), and whatever is on a file system that another machine may use at the same time.",
    'Without a domain this is done for every domain of the connection. --dry-run tells what would be removed, and why other files of the same kind would stay; --yes removes it. The files must be on this machine.',
  ],
  options: [
    {
      name: 'domain',
      type: 'string',
      completer: 'domain',
      help: 'domain name, id or uuid; all, if left out',
    },
    { name: 'dry-run', type: 'flag', help: 'tell what would be removed, and do nothing' },
    { name: 'yes', type: 'flag', help: 'remove it' },
  ],
  rules: [exclusive('dry-run', 'yes')],
  json: {
    object: {
      removed: { list: { object: { file: 'string', part: 'string', bytes: 'integer', origin: 'string' } } },
      kept: { list: { object: { file: 'string', reason: 'string' } } },
      bytes: 'integer',
      dryRun: 'boolean',
    },
  },
  async run(context, args) {
    const dryRun = args.flag('dry-run');
    if (!dryRun && !args.flag('yes')) throw new CommandError('gc needs --dry-run or --yes');
    const { examineConnection } = await import('../../src/care/examine-connection.js');
    const { findGarbage } = await import('../../src/care/find-garbage.js');
    const { removeGarbage } = await import('../../src/care/remove-garbage.js');
    const { filesAreHere } = await import('../../src/care/files-here.js');
    if (!(await filesAreHere(context.connection)))
      throw new CommandError('the files of this connection are not on this machine');
    const one = args.raw('domain') === undefined ? undefined : await domainOf(context, args);
    const { domains, failures } = await examineConnection(context.connection);
    const [failure] = failures;
    // What a domain that can't be asked needs is not known.
    if (failure) throw new CommandError(`cannot tell what domain '${failure.name}' needs`, failure.error);
    const wanted = one ? domains.filter(({ uuid, name }) => uuid === one.uuid && name === one.name) : domains;
    const found = await findGarbage(wanted, domains);
    const { removed, kept } = dryRun
      ? { removed: found.remove, kept: [] }
      : await removeGarbage(found, wanted);
    const stays = [...found.keep, ...kept].map(({ candidate, reason }) => ({ file: candidate.file, reason }));
    const bytes = removed.reduce((sum, each) => sum + each.bytes, 0);
    context.emit({ removed: removed.map(shown), kept: stays, bytes, dryRun });
    const verb = dryRun ? 'Would remove' : 'Removed';
    const lines = [
      ...removed.map((each) => `${verb}: '${each.file}', ${each.origin}, ${size(each.bytes)}`),
      ...stays.map(({ file, reason }) => `Keeps: '${file}': ${reason}`),
      removed.length === 0 ? 'Nothing to remove' : `${dryRun ? 'Would free' : 'Freed'}: ${size(bytes)}`,
    ];
    context.output.print(`${lines.join('\n')}\n`);
    if (kept.length > 0) throw new SilentFailure();
  },
});

const shown = ({ file, part, bytes, origin }: Candidate) => ({ file, part, bytes, origin });

function size(bytes: number): string {
  const { value, unit } = prettyCapacity(BigInt(bytes));
  return `${value} ${unit}`;
}
