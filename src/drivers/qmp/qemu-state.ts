import {
  VIR_DOMAIN_CRASHED,
  VIR_DOMAIN_CRASHED_PANICKED,
  VIR_DOMAIN_NOSTATE,
  VIR_DOMAIN_PAUSED,
  VIR_DOMAIN_PAUSED_DUMP,
  VIR_DOMAIN_PAUSED_FROM_SNAPSHOT,
  VIR_DOMAIN_PAUSED_IOERROR,
  VIR_DOMAIN_PAUSED_MIGRATION,
  VIR_DOMAIN_PAUSED_SAVE,
  VIR_DOMAIN_PAUSED_SNAPSHOT,
  VIR_DOMAIN_PAUSED_STARTING_UP,
  VIR_DOMAIN_PAUSED_UNKNOWN,
  VIR_DOMAIN_PAUSED_USER,
  VIR_DOMAIN_PAUSED_WATCHDOG,
  VIR_DOMAIN_PMSUSPENDED,
  VIR_DOMAIN_RUNNING,
  VIR_DOMAIN_RUNNING_BOOTED,
  VIR_DOMAIN_RUNNING_UNKNOWN,
  VIR_DOMAIN_SHUTDOWN,
} from '../../hypervisor/constants.js';
import type { DomainState } from '../../hypervisor/domain-lifecycle.js';
import type { RunState } from '../../qmp/index.js';
import type { JournalRecord } from '../../snapshot/journal.js';

const states: Readonly<Record<RunState, readonly [state: number, reason: number]>> = {
  running: [VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_BOOTED],
  paused: [VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_USER],
  debug: [VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_UNKNOWN],
  colo: [VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_MIGRATION],
  inmigrate: [VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_MIGRATION],
  postmigrate: [VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_MIGRATION],
  'finish-migrate': [VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_MIGRATION],
  prelaunch: [VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_STARTING_UP],
  'io-error': [VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_IOERROR],
  'internal-error': [VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_UNKNOWN],
  watchdog: [VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_WATCHDOG],
  'save-vm': [VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_SAVE],
  'restore-vm': [VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_UNKNOWN],
  shutdown: [VIR_DOMAIN_SHUTDOWN, 0],
  suspended: [VIR_DOMAIN_PMSUSPENDED, 0],
  'guest-panicked': [VIR_DOMAIN_CRASHED, VIR_DOMAIN_CRASHED_PANICKED],
};

/** Why a guest stands still that ran before an operation of ours. */
const reasons: Readonly<Record<JournalRecord['operation'], number>> = {
  'snapshot-create': VIR_DOMAIN_PAUSED_SNAPSHOT,
  'snapshot-revert': VIR_DOMAIN_PAUSED_FROM_SNAPSHOT,
  'snapshot-delete': VIR_DOMAIN_PAUSED_SNAPSHOT,
  'archive-create': VIR_DOMAIN_PAUSED_SNAPSHOT,
  // It doesn't stop the guest.
  'checkpoint-create': 0,
  dump: VIR_DOMAIN_PAUSED_DUMP,
  save: VIR_DOMAIN_PAUSED_SAVE,
  restore: VIR_DOMAIN_PAUSED_MIGRATION,
};

/**
 * QEMU's run state in libvirt's terms.
 * @param record of an operation of ours on the guest: a guest that it stopped is being snapshotted.
 */
export function domainState(status: RunState, record: JournalRecord | undefined): DomainState {
  const [state, reason] = states[status] ?? [VIR_DOMAIN_NOSTATE, 0];
  const ours = state === VIR_DOMAIN_PAUSED && record?.wasRunning;
  return { state, reason: ours ? reasons[record.operation] : reason };
}

/** The state of a guest whose monitor is taken by an operation of ours, from how far that has come. */
export function stateFromJournal(record: JournalRecord): DomainState {
  const { operation, method, step, wasRunning } = record;
  if (!wasRunning) return { state: VIR_DOMAIN_PAUSED, reason: VIR_DOMAIN_PAUSED_USER };
  const quick =
    (operation === 'snapshot-create' || operation === 'archive-create') &&
    (method === 'precopy' || method === 'none');
  const stands =
    step === 'switching' && !quick && !['snapshot-delete', 'checkpoint-create'].includes(operation);
  return stands
    ? { state: VIR_DOMAIN_PAUSED, reason: reasons[operation] }
    : { state: VIR_DOMAIN_RUNNING, reason: VIR_DOMAIN_RUNNING_UNKNOWN };
}
