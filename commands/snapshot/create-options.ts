import {
  VIR_DOMAIN_SNAPSHOT_CREATE_ATOMIC,
  VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY,
  VIR_DOMAIN_SNAPSHOT_CREATE_HALT,
  VIR_DOMAIN_SNAPSHOT_CREATE_LIVE,
  VIR_DOMAIN_SNAPSHOT_CREATE_NO_METADATA,
  VIR_DOMAIN_SNAPSHOT_CREATE_QUIESCE,
  VIR_DOMAIN_SNAPSHOT_CREATE_REUSE_EXT,
  VIR_DOMAIN_SNAPSHOT_CREATE_VALIDATE,
} from '../../src/hypervisor/constants.js';
import type { JsonShape } from '../../src/shell/index.js';

/** The flags that snapshot-create and snapshot-create-as share, in virsh's order. */
export const createFlags = [
  {
    name: 'no-metadata',
    type: 'flag',
    bit: VIR_DOMAIN_SNAPSHOT_CREATE_NO_METADATA,
    help: 'take snapshot but create no metadata',
  },
  {
    name: 'halt',
    type: 'flag',
    bit: VIR_DOMAIN_SNAPSHOT_CREATE_HALT,
    help: 'halt domain after snapshot is created',
  },
  {
    name: 'disk-only',
    type: 'flag',
    bit: VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY,
    help: 'capture disk state but not vm state',
  },
  {
    name: 'reuse-external',
    type: 'flag',
    bit: VIR_DOMAIN_SNAPSHOT_CREATE_REUSE_EXT,
    help: 'reuse any existing external files',
  },
  {
    name: 'quiesce',
    type: 'flag',
    bit: VIR_DOMAIN_SNAPSHOT_CREATE_QUIESCE,
    help: "quiesce guest's file systems",
  },
  {
    name: 'atomic',
    type: 'flag',
    bit: VIR_DOMAIN_SNAPSHOT_CREATE_ATOMIC,
    help: 'require atomic operation',
  },
  { name: 'live', type: 'flag', bit: VIR_DOMAIN_SNAPSHOT_CREATE_LIVE, help: 'take a live snapshot' },
  {
    name: 'validate',
    type: 'flag',
    bit: VIR_DOMAIN_SNAPSHOT_CREATE_VALIDATE,
    help: 'validate the XML against the schema',
  },
] as const;

/** What only snapctl's own engine understands: guests reached directly (qmp:). */
export const engineOptions = [
  {
    name: 'method',
    type: 'string',
    positional: false,
    extra: true,
    values: ['background', 'precopy', 'stopped'],
    help: 'how to take memory (qmp: only)',
  },
  {
    name: 'progress',
    type: 'flag',
    extra: true,
    help: 'show progress and the measured pause on standard error (qmp: only)',
  },
] as const;

/** What both say about those flags in their manual pages. */
export const createManual: readonly string[] = [
  'Without options a running guest gets an internal snapshot: memory and the state of every disk go into its qcow2 images. The guest stands still while that is written, and goes on by itself afterwards. How long this takes grows with the memory in use. libvirt 9.0 shows the guest as "paused (saving)" meanwhile.',
  'An external snapshot with memory is made when the memory is given a file. Memory is written to that file, and each disk goes on in a new image (overlay) on top of the old one, which is no longer written to. The guest stands still until all of it is done; domstate --reason and list show "paused (creating snapshot)". That is no fault and nothing needs to be resumed by hand: the guest goes on by itself, also when the snapshot fails.',
  '--live shortens this pause. Memory is copied while the guest runs; what the guest changes meanwhile is copied again, and only the last remainder with the guest standing still. So the pause shrinks, usually to a fraction of a second, while the memory file and the whole time grow: on a guest that rewrites its memory quickly both can become several times as large, and if it changes memory faster than the file can be written the copying goes on until the guest slows down or you interrupt it. --live works with external memory only; with an internal or disk-only snapshot, and on a guest that is shut off, it is refused.',
  '--disk-only leaves memory out. For the disks this is as if the power had failed at that moment: file systems and databases have to recover when such a snapshot is used. --quiesce, which needs --disk-only, has the guest agent flush and freeze all file systems for that moment, so that they are in order; it needs qemu-guest-agent running in the guest and its channel (org.qemu.guest_agent.0) in the configuration, and fails without them. The file systems are thawed afterwards, also when the snapshot fails.',
  '--atomic demands that either all disks change or none. QEMU does this in any case; it matters for hypervisors that go disk by disk.',
  '--halt leaves the guest shut off after the snapshot. Together with --disk-only, what the guest had not yet written to its disks is lost.',
  '--reuse-external uses files that are there already for the disks: you must have made the images with the right format and backing file. Without it a file that exists and is not empty is an error, and its contents stay. For the memory file, where libvirt itself does not look, snapctl looks: only with this option an existing one is overwritten.',
  '--no-metadata makes the snapshot and then forgets it: libvirt keeps no record, so it can be neither listed, reverted to nor deleted, and you have to keep track of its files.',
  'On a guest that is reached directly (qmp:) snapctl takes the snapshot itself. With --live it chooses how: in the background, where the guest is stopped for some milliseconds only, however large or busy it is, and the image never exceeds its memory; or by copying while the guest runs (precopy), as libvirt does, but within bounds. QEMU before 9.0 loses writes of a guest that it emulates (no KVM) whenever it looks for changes while the guest runs: snapctl has it go over memory once then, and stops the guest for both looks; through libvirt such a guest needs a snapshot without --live for a memory image that is whole. What it chose and why, the measured pause, and what it cost is told at the end, on a terminal or with --progress. --method background, precopy or stopped overrides the choice.',
  'An interrupt (Ctrl-C) gives the snapshot up: the writing of memory is aborted, the guest runs on its old disks as before, and files made so far are removed; the exit status is 130 (143 after SIGTERM). Where QEMU cannot stop any more, as with internal snapshots, the snapshot is completed and then deleted.',
];

export const createdShape: JsonShape = {
  object: {
    name: 'string',
    domain: 'string',
    'pauseMs?': { oneOf: ['number', 'null'] },
    'elapsedMs?': 'integer',
    'memoryBytes?': 'integer',
    'method?': 'string',
    'reason?': 'string',
    'passes?': 'integer',
  },
};
