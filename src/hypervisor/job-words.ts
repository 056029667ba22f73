import { VIR_DOMAIN_JOB_OPERATION } from './constants.js';
import type { JobStats } from './jobs.js';

/** virsh's words for virDomainJobType, by number. */
const TYPE_WORDS = ['None', 'Bounded', 'Unbounded', 'Completed', 'Failed', 'Cancelled'] as const;

/** virsh's words for virDomainJobOperation, by number. */
const OPERATION_WORDS = [
  'Unknown',
  'Start',
  'Save',
  'Restore',
  'Incoming migration',
  'Outgoing migration',
  'Snapshot',
  'Snapshot revert',
  'Dump',
  'Backup',
  'Snapshot delete',
] as const;

export const jobTypeWord = (type: number): string => TYPE_WORDS[type] ?? 'unknown';

/** What the job does, in virsh's words. */
export function jobOperationWord({ params }: JobStats): string {
  const operation = params.find(({ field }) => field === VIR_DOMAIN_JOB_OPERATION)?.value;
  return operation === undefined ? OPERATION_WORDS[0] : (OPERATION_WORDS[Number(operation)] ?? 'unknown');
}
