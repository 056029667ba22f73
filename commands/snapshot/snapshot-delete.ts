import {
  VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN,
  VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN_ONLY,
  VIR_DOMAIN_SNAPSHOT_DELETE_METADATA_ONLY,
} from '../../src/hypervisor/constants.js';
import type { Domain, Snapshot } from '../../src/hypervisor/index.js';
import { type Context, defineCommand, domainOf, orFail, runDomainJob } from '../../src/shell/index.js';
import { holdsData } from '../../src/snapshot/memory-file.js';
import { describeSnapshot } from './describe-snapshot.js';
import { findOneSnapshot } from './find-snapshot.js';
import { finishedAnyway } from './finished-anyway.js';

export default defineCommand({
  name: 'snapshot-delete',
  group: 'snapshot',
  summary: 'Delete a domain snapshot',
  description: 'Snapshot Delete',
  manual: [
    'Deletes a snapshot: what was saved at that moment is given up, and the guest goes on as it is. What changed since then is merged with what is kept, so nothing of the present is lost. The snapshots made on top of it become children of its parent.',
    'With --children everything that descends from it goes too; with --children-only the snapshot itself stays. An external snapshot is merged while the guest runs where the hypervisor can do that (libvirt 9.0 and newer); libvirt 9.0 leaves its memory file, which is of no use without the snapshot: snapctl names it, and you may remove it.',
    '--metadata only makes libvirt forget the snapshot. Images and saved memory stay as they are, and someone else has to look after them.',
  ],
  options: [
    {
      name: 'domain',
      type: 'string',
      required: true,
      completer: 'domain-with-snapshot',
      help: 'domain name, id or uuid',
    },
    { name: 'snapshotname', type: 'string', completer: 'snapshot', help: 'snapshot name' },
    { name: 'current', type: 'flag', help: 'delete current snapshot' },
    {
      name: 'children',
      type: 'flag',
      bit: VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN,
      help: 'delete snapshot and all children',
    },
    {
      name: 'children-only',
      type: 'flag',
      bit: VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN_ONLY,
      help: 'delete children but not snapshot',
    },
    {
      name: 'metadata',
      type: 'flag',
      bit: VIR_DOMAIN_SNAPSHOT_DELETE_METADATA_ONLY,
      help: 'delete only libvirt metadata, leaving snapshot contents behind',
    },
  ],
  long: true,
  json: { object: { name: 'string', deleted: { list: 'string' }, 'leftMemoryFile?': 'string' } },
  async run(context, args) {
    const domain = await domainOf(context, args);
    const snapshot = await findOneSnapshot(domain, {
      option: 'snapshotname',
      name: args.optional('snapshotname'),
      current: args.flag('current'),
    });
    const { name } = snapshot;
    const watched = context.json || context.output.streams.stderr.isTTY === true;
    const memoryFile = watched && !args.flag('metadata') ? await memoryFileOf(snapshot) : undefined;
    const before = context.json ? await namesOf(domain) : [];
    const { interrupted } = await orFail(
      `Failed to delete snapshot ${name}`,
      runDomainJob(context, domain, () => snapshot.delete(args.bits())),
    );
    const left =
      !args.flag('children-only') && memoryFile && (await holdsData(memoryFile)) ? memoryFile : undefined;
    if (left !== undefined) tellLeft(context, left);
    if (context.json) {
      const kept = await namesOf(domain);
      context.emit({ name, deleted: before.filter((each) => !kept.includes(each)), leftMemoryFile: left });
    }
    const what = args.flag('children-only') ? `${name} children` : name;
    context.output.extra(`Domain snapshot ${what} deleted\n`);
    if (interrupted) throw finishedAnyway();
  },
});

const namesOf = async (domain: Domain): Promise<string[]> =>
  (await domain.listAllSnapshots()).map(({ name }) => name);

/** The file that holds a snapshot's memory, if it has one of its own. */
const memoryFileOf = (snapshot: Snapshot): Promise<string | undefined> =>
  describeSnapshot(snapshot).then(
    ({ memory }) => memory?.file,
    () => undefined,
  );

/** virsh says nothing of it, so only a person at a terminal is told. */
function tellLeft(context: Context, file: string): void {
  if (context.output.streams.stderr.isTTY) {
    context.output.notice(`The memory of the snapshot is still in ${file}, and of no use any more.`);
  }
}
