import { VIR_DOMAIN_SNAPSHOT_LIST_DESCENDANTS, VIR_ERR_NO_SUPPORT } from '../../src/hypervisor/constants.js';
import { HypervisorError, type Snapshot } from '../../src/hypervisor/index.js';
import { CommandError, defineCommand, domainOf, domainOption } from '../../src/shell/index.js';
import { describeSnapshot } from './describe-snapshot.js';
import { findOneSnapshot } from './find-snapshot.js';

export default defineCommand({
  name: 'snapshot-info',
  group: 'snapshot',
  summary: 'snapshot information',
  description: 'Returns basic information about a snapshot.',
  manual: [
    'State is what the guest was doing when the snapshot was made; `disk-snapshot` means that only disks were kept. Location tells where the saved state is: `internal` inside the qcow2 images of the disks, `external` in files of its own.',
    'Children counts the snapshots made directly on top of this one, Descendants all that depend on it. Metadata tells whether libvirt keeps a record of it, which stands in the way of undefining the domain.',
  ],
  options: [
    domainOption('domain-with-snapshot'),
    { name: 'snapshotname', type: 'string', completer: 'snapshot', help: 'snapshot name' },
    { name: 'current', type: 'flag', help: 'info on current snapshot' },
  ],
  json: {
    object: {
      name: 'string',
      domain: 'string',
      current: 'boolean',
      state: 'string',
      location: 'string',
      parent: { oneOf: ['string', 'null'] },
      'children?': 'integer',
      'descendants?': 'integer',
      'metadata?': 'boolean',
    },
  },
  async run(context, args) {
    const domain = await domainOf(context, args);
    const snapshot = await findOneSnapshot(domain, {
      option: 'snapshotname',
      name: args.optional('snapshotname'),
      current: args.flag('current'),
    });
    const line = (label: string, value: string | number): void =>
      context.output.print(`${`${label}:`.padEnd(15)} ${value}\n`);
    const yesNo = (value: boolean): string => (value ? 'yes' : 'no');

    line('Name', snapshot.name);
    line('Domain', domain.name);
    const current = await snapshot.isCurrent().catch(() => false);
    line('Current', yesNo(current));
    const { state, location, parent } = await describeSnapshot(snapshot);
    if (state === undefined) throw new CommandError('unexpected problem reading snapshot xml');
    line('State', state);
    line('Location', location);
    line('Parent', parent ?? '-');
    const described = {
      name: snapshot.name,
      domain: domain.name,
      current,
      state,
      location,
      parent: parent ?? null,
    };

    const children = await countChildren(snapshot);
    if (children === undefined) {
      context.emit(described);
      return;
    }
    line('Children', children);
    const descendants = await snapshot.numChildren(VIR_DOMAIN_SNAPSHOT_LIST_DESCENDANTS);
    line('Descendants', descendants);
    const metadata = await snapshot.hasMetadata().catch(() => undefined);
    if (metadata !== undefined) line('Metadata', yesNo(metadata));
    context.emit({ ...described, children, descendants, metadata });
  },
});

/** @returns undefined where the hypervisor can't count. */
async function countChildren(snapshot: Snapshot): Promise<number | undefined> {
  try {
    return await snapshot.numChildren();
  } catch (error) {
    if (error instanceof HypervisorError && error.code === VIR_ERR_NO_SUPPORT) return undefined;
    throw error;
  }
}
