/** Run states (virDomainState) and the reasons for each, with the words virsh prints for them. */

/** virsh's word for each virDomainState, by number. */
export const STATE_WORDS = [
  'no state',
  'running',
  'idle',
  'paused',
  'in shutdown',
  'shut off',
  'crashed',
  'pmsuspended',
] as const;

/** virsh's words for the reasons of each state, by number of the state, then of the reason. */
export const REASON_WORDS: readonly (readonly string[])[] = [
  ['unknown'],
  [
    'unknown',
    'booted',
    'migrated',
    'restored',
    'from snapshot',
    'unpaused',
    'migration canceled',
    'save canceled',
    'event wakeup',
    'crashed',
    'post-copy',
    'post-copy failed',
  ],
  ['unknown'],
  [
    'unknown',
    'user',
    'migrating',
    'saving',
    'dumping',
    'I/O error',
    'watchdog',
    'from snapshot',
    'shutting down',
    'creating snapshot',
    'crashed',
    'starting up',
    'post-copy',
    'post-copy failed',
    // VIR_DOMAIN_PAUSED_API_ERROR: libvirt 9.2, so a daemon newer than our headers may send it.
    'api error',
  ],
  ['unknown', 'user'],
  ['unknown', 'shutdown', 'destroyed', 'crashed', 'migrated', 'saved', 'failed', 'from snapshot', 'daemon'],
  ['unknown', 'panicked'],
  ['unknown'],
];

/** virsh's word for a state; a number it doesn't know is "no state", as in virsh. */
export function describeState(state: number): string {
  return STATE_WORDS[state] ?? 'no state';
}

/** virsh's words for a reason; a number it doesn't know is "unknown", as in virsh. */
export function describeReason(state: number, reason: number): string {
  return REASON_WORDS[state]?.[reason] ?? 'unknown';
}
