import {
  VIR_DOMAIN_SNAPSHOT_REVERT_FORCE,
  VIR_DOMAIN_SNAPSHOT_REVERT_PAUSED,
  VIR_DOMAIN_SNAPSHOT_REVERT_RESET_NVRAM,
  VIR_DOMAIN_SNAPSHOT_REVERT_RUNNING,
  VIR_ERR_SNAPSHOT_REVERT_RISKY,
} from '../../src/hypervisor/constants.js';
import {
  HypervisorError,
  type Snapshot,
  type SnapshotRevertOptions,
  type SnapshotRevertPlan,
} from '../../src/hypervisor/index.js';
import {
  CommandError,
  defineCommand,
  domainOf,
  domainOption,
  InterruptedError,
  orFail,
  runDomainJob,
} from '../../src/shell/index.js';
import { findOneSnapshot } from './find-snapshot.js';
import { finishedAnyway } from './finished-anyway.js';
import { describeRevertPlan } from './revert-plan-text.js';

export default defineCommand({
  name: 'snapshot-revert',
  group: 'snapshot',
  summary: 'Revert a domain to a snapshot',
  description: 'Revert domain to snapshot',
  manual: [
    'Takes the guest back to the moment of a snapshot. Everything that happened since is lost, on its disks and in its memory, unless another snapshot holds it: take one first.',
    'The guest then does what it did at that moment: it runs, is paused or is shut off. --running and --paused choose otherwise. A disk-only snapshot holds no memory, so going back to one means a start from power-on.',
    'libvirt 9.0 can go back to internal snapshots only, and says so of external ones. It does not say that going back to an internal snapshot writes to its image: external snapshots made since then have that image underneath, and are worthless afterwards. Delete them first, which merges them.',
    'On a guest that is reached directly (qmp:) snapctl goes back to external snapshots as well. A second QEMU is started like the first, on new overlays of the images that the snapshot has frozen, and loads the memory image; only then the first is ended, and the second takes over its sockets. If anything fails before, the first runs on as if nothing had happened. Connections to its sockets break, and programs that wait for its process see it end. Ports that QEMU listens on (forwarded to the guest, of VNC, serial lines and gdb) are opened again when the first has ended. What cannot be had twice at a time and not be put off (inherited descriptors, network interfaces by name, the port of SPICE or of a monitor, passed-through devices) or is not on the command line (devices that were plugged in) is named, and nothing is done. --keep takes a snapshot of the present state, with memory, before. --dry-run shows both command lines and what becomes of the images. A disk-only snapshot needs --force: the guest starts from power-on, and --reset-nvram gives its firmware the variables of the template that belongs to it. Where memory is loaded, these are part of it.',
    '--force allows what libvirt otherwise refuses as risky: a snapshot without a record of how the domain was configured, or whose configuration differs so much that the QEMU process must be replaced. --reset-nvram gives UEFI firmware fresh variables from its template.',
  ],
  options: [
    domainOption('domain-with-snapshot'),
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
    {
      name: 'keep',
      type: 'string',
      positional: false,
      extra: true,
      help: 'take a snapshot of this name of the present state first (qmp: only)',
    },
    {
      name: 'dry-run',
      type: 'flag',
      extra: true,
      help: 'tell what would be done, and do nothing (qmp: only)',
    },
  ],
  long: true,
  json: {
    object: {
      name: 'string',
      domain: 'string',
      'plan?': {
        object: {
          before: { list: 'string' },
          after: { list: 'string' },
          memoryFile: { oneOf: ['string', 'null'] },
          disks: { list: { object: { disk: 'string', frozen: 'string', overlay: 'string' } } },
          discard: { list: 'string' },
          later: { list: 'string' },
          lost: { list: 'string' },
        },
      },
    },
  },
  async run(context, args) {
    const domain = await domainOf(context, args);
    const snapshot = await findOneSnapshot(domain, {
      option: 'snapshotname',
      name: args.optional('snapshotname'),
      current: args.flag('current'),
    });
    const failed = `Failed to revert snapshot ${snapshot.name}`;
    const keep = args.optional('keep');
    const flags = args.bits();
    const force = args.flag('force');
    if (args.flag('dry-run')) {
      const plan = await orFail(
        failed,
        planOf(snapshot, flags | (force ? VIR_DOMAIN_SNAPSHOT_REVERT_FORCE : 0)),
      );
      context.emit({ name: snapshot.name, domain: domain.name, plan: { ...plan } });
      context.output.print(describeRevertPlan(plan));
      return;
    }
    if (context.connection.ownEngine) {
      const { signal } = context;
      const onNotice = (text: string): void => context.output.notice(text);
      try {
        await orFail(failed, revert(snapshot, flags, force, { keep, signal, onNotice }));
      } catch (error) {
        if (signal.aborted) throw new InterruptedError('interrupted', { cause: error });
        throw error;
      }
      context.emit({ name: snapshot.name, domain: domain.name });
      context.output.extra(`Domain snapshot ${snapshot.name} reverted\n`);
      return;
    }
    if (keep !== undefined)
      throw new CommandError('--keep works on guests that are reached directly (qmp:) only');
    const { interrupted } = await orFail(
      failed,
      runDomainJob(context, domain, () => revert(snapshot, flags, force)),
    );
    context.emit({ name: snapshot.name, domain: domain.name });
    context.output.extra(`Domain snapshot ${snapshot.name} reverted\n`);
    if (interrupted) throw finishedAnyway();
  },
});

/** Force is a second try, only where it makes a difference: a driver that takes no such flag then serves as well. */
async function revert(
  snapshot: Snapshot,
  flags: number,
  force: boolean,
  options?: SnapshotRevertOptions,
): Promise<void> {
  try {
    await snapshot.revert(flags, options);
  } catch (error) {
    const risky = error instanceof HypervisorError && error.code === VIR_ERR_SNAPSHOT_REVERT_RISKY;
    if (!force || !risky) throw error;
    await snapshot.revert(flags | VIR_DOMAIN_SNAPSHOT_REVERT_FORCE, options);
  }
}

async function planOf(snapshot: Snapshot, flags: number): Promise<SnapshotRevertPlan> {
  if (!snapshot.planRevert) {
    throw new CommandError('--dry-run works on guests that are reached directly (qmp:) only');
  }
  return snapshot.planRevert(flags);
}
