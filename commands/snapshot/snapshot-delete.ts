import {
  VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN,
  VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN_ONLY,
  VIR_DOMAIN_SNAPSHOT_DELETE_METADATA_ONLY,
} from '../../src/hypervisor/constants.js';
import type { Domain, Snapshot, SnapshotDeletePlan } from '../../src/hypervisor/index.js';
import {
  CommandError,
  type Context,
  defineCommand,
  domainOf,
  domainOption,
  InterruptedError,
  orFail,
  runDomainJob,
} from '../../src/shell/index.js';
import { holdsData } from '../../src/snapshot/memory-file.js';
import { describeDeletePlan } from './delete-plan-text.js';
import { describeSnapshot } from './describe-snapshot.js';
import { findOneSnapshot } from './find-snapshot.js';
import { finishedAnyway } from './finished-anyway.js';
import { StreamBar } from './stream-bar.js';

export default defineCommand({
  name: 'snapshot-delete',
  group: 'snapshot',
  summary: 'Delete a domain snapshot',
  description: 'Snapshot Delete',
  manual: [
    'Deletes a snapshot: what was saved at that moment is given up, and the guest goes on as it is. What changed since then is merged with what is kept, so nothing of the present is lost. The snapshots made on top of it become children of its parent.',
    'With --children everything that descends from it goes too; with --children-only the snapshot itself stays. An external snapshot is merged while the guest runs where the hypervisor can do that (libvirt 9.0 and newer); libvirt 9.0 leaves its memory file, which is of no use without the snapshot: snapctl names it, and you may remove it.',
    'On a guest that is reached directly (qmp:) snapctl has QEMU merge the images of external snapshots, by commit or stream, whichever has less to copy. Images that other snapshots, other branches or other domains need are neither written to nor removed: one that several images lie on stays until only one does. The saved memory goes too. The original images are never removed. --bandwidth limits how fast images are copied, --progress shows how far it is, and --dry-run tells what would be merged, copied, removed and kept. An interrupt leaves the guest and all other snapshots as they were; a snapshot whose images were being merged by then can only be deleted again, which does the rest. If snapctl itself is killed, the deletion is completed by the process that watches over it, or by snapctl recover.',
    '--metadata only makes libvirt forget the snapshot. Images and saved memory stay as they are, and someone else has to look after them.',
  ],
  options: [
    domainOption('domain-with-snapshot'),
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
    {
      name: 'bandwidth',
      type: 'scaled',
      positional: false,
      extra: true,
      help: 'bytes a second to merge images with, with a unit such as 20M (qmp: only)',
    },
    {
      name: 'progress',
      type: 'flag',
      extra: true,
      help: 'show progress on standard error (qmp: only)',
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
      deleted: { list: 'string' },
      'leftMemoryFile?': 'string',
      'plan?': {
        object: {
          snapshots: { list: 'string' },
          merges: {
            list: {
              object: {
                method: 'string',
                disk: 'string',
                from: { list: 'string' },
                into: 'string',
                bytes: 'integer',
              },
            },
          },
          remove: { list: { object: { file: 'string', bytes: 'integer' } } },
          kept: { list: { object: { file: 'string', reason: 'string' } } },
          bytes: 'integer',
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
    const { name } = snapshot;
    const failed = `Failed to delete snapshot ${name}`;
    if (args.flag('dry-run')) {
      const plan = await orFail(failed, planOf(snapshot, args.bits()));
      context.emit({ name, deleted: [], plan: { ...plan } });
      context.output.print(describeDeletePlan(plan));
      return;
    }
    const bandwidth = args.scaled('bandwidth', 1);
    const own = context.connection.ownEngine;
    if (bandwidth !== undefined && !own)
      throw new CommandError('--bandwidth works on guests that are reached directly (qmp:) only');
    const watched = context.json || context.output.streams.stderr.isTTY === true;
    const memoryFile = watched && !args.flag('metadata') ? await memoryFileOf(snapshot) : undefined;
    const before = context.json ? await namesOf(domain) : [];
    const { interrupted } = own
      ? await orFail(
          failed,
          deleteWithEngine(context, snapshot, args.bits(), bandwidth, args.flag('progress')),
        )
      : await orFail(
          failed,
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

async function planOf(snapshot: Snapshot, flags: number): Promise<SnapshotDeletePlan> {
  if (!snapshot.planDelete) {
    throw new CommandError('--dry-run works on guests that are reached directly (qmp:) only');
  }
  return snapshot.planDelete(flags);
}

/** Has snapctl's own engine delete. @throws InterruptedError it stopped half way; its message tells what that means. */
async function deleteWithEngine(
  context: Context,
  snapshot: Snapshot,
  flags: number,
  bandwidth: bigint | undefined,
  progress: boolean,
): Promise<{ interrupted: boolean }> {
  const { output, signal } = context;
  const person = Boolean(output.streams.stderr.isTTY) && !output.quiet;
  const bar = progress || person ? new StreamBar(output.streams.stderr) : undefined;
  const notices: string[] = [];
  try {
    await snapshot.delete(flags, {
      bandwidth: bandwidth === undefined ? undefined : Number(bandwidth),
      signal,
      onProgress: bar && ((state) => bar.show(state)),
      onNotice: (text) => notices.push(text),
    });
  } catch (error) {
    if (signal.aborted) {
      const told = error instanceof Error ? error.message.split('; ').slice(1) : [];
      throw new InterruptedError(['interrupted', ...told].join('; '), { cause: error });
    }
    throw error;
  } finally {
    bar?.clear();
  }
  if (person) for (const text of notices) output.notice(text.charAt(0).toUpperCase() + text.slice(1));
  return { interrupted: signal.aborted };
}

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
