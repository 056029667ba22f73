import {
  VIR_DOMAIN_SNAPSHOT_REVERT_FORCE,
  VIR_DOMAIN_SNAPSHOT_REVERT_PAUSED,
  VIR_DOMAIN_SNAPSHOT_REVERT_RESET_NVRAM,
  VIR_DOMAIN_SNAPSHOT_REVERT_RUNNING,
  VIR_ERR_SNAPSHOT_REVERT_RISKY,
} from '../../src/hypervisor/constants.js';
import { HypervisorError, type Snapshot } from '../../src/hypervisor/index.js';
import { defineCommand, domainOf, orFail, runDomainJob } from '../../src/shell/index.js';
import { findOneSnapshot } from './find-snapshot.js';
import { finishedAnyway } from './finished-anyway.js';

export default defineCommand({
  name: 'snapshot-revert',
  group: 'snapshot',
  summary: 'Revert a domain to a snapshot',
  description: 'Revert domain to snapshot',
  manual: [
    'Takes the guest back to the moment of a snapshot. Everything that happened since is lost, on its disks and in its memory, unless another snapshot holds it: take one first.',
    'The guest then does what it did at that moment: it runs, is paused or is shut off. --running and --paused choose otherwise. A disk-only snapshot holds no memory, so going back to one means a start from power-on.',
    'libvirt 9.0 can go back to internal snapshots only, and says so of external ones. It does not say that going back to an internal snapshot writes to its image: external snapshots made since then have that image underneath, and are worthless afterwards. Delete them first, which merges them.',
    '--force allows what libvirt otherwise refuses as risky: a snapshot without a record of how the domain was configured, or whose configuration differs so much that the QEMU process must be replaced. --reset-nvram gives UEFI firmware fresh variables from its template.',
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
    { name: 'current', type: 'flag', help: 'revert to current snapshot' },
    {
      name: 'running',
      type: 'flag',
      bit: VIR_DOMAIN_SNAPSHOT_REVERT_RUNNING,
      help: 'after reverting, change state to running',
    },
    {
      name: 'paused',
      type: 'flag',
      bit: VIR_DOMAIN_SNAPSHOT_REVERT_PAUSED,
      help: 'after reverting, change state to paused',
    },
    { name: 'force', type: 'flag', help: 'try harder on risky reverts' },
    {
      name: 'reset-nvram',
      type: 'flag',
      bit: VIR_DOMAIN_SNAPSHOT_REVERT_RESET_NVRAM,
      help: 're-initialize NVRAM from its pristine template',
    },
  ],
  long: true,
  json: { object: { name: 'string', domain: 'string' } },
  async run(context, args) {
    const domain = await domainOf(context, args);
    const snapshot = await findOneSnapshot(domain, {
      option: 'snapshotname',
      name: args.optional('snapshotname'),
      current: args.flag('current'),
    });
    const { interrupted } = await orFail(
      `Failed to revert snapshot ${snapshot.name}`,
      runDomainJob(context, domain, () => revert(snapshot, args.bits(), args.flag('force'))),
    );
    context.emit({ name: snapshot.name, domain: domain.name });
    context.output.extra(`Domain snapshot ${snapshot.name} reverted\n`);
    if (interrupted) throw finishedAnyway();
  },
});

/** Force is a second try, only where it makes a difference: a driver that takes no such flag then serves as well. */
async function revert(snapshot: Snapshot, flags: number, force: boolean): Promise<void> {
  try {
    await snapshot.revert(flags);
  } catch (error) {
    const risky = error instanceof HypervisorError && error.code === VIR_ERR_SNAPSHOT_REVERT_RISKY;
    if (!force || !risky) throw error;
    await snapshot.revert(flags | VIR_DOMAIN_SNAPSHOT_REVERT_FORCE);
  }
}
