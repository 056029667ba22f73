const NAMES: Readonly<Record<number, readonly [state: string, reasons: readonly string[]]>> = {
  0: ['NOSTATE', ['UNKNOWN']],
  1: [
    'RUNNING',
    [
      'UNKNOWN',
      'BOOTED',
      'MIGRATED',
      'RESTORED',
      'FROM_SNAPSHOT',
      'UNPAUSED',
      'MIGRATION_CANCELED',
      'SAVE_CANCELED',
      'WAKEUP',
      'CRASHED',
      'POSTCOPY',
      'POSTCOPY_FAILED',
    ],
  ],
  2: ['BLOCKED', ['UNKNOWN']],
  3: [
    'PAUSED',
    [
      'UNKNOWN',
      'USER',
      'MIGRATION',
      'SAVE',
      'DUMP',
      'IOERROR',
      'WATCHDOG',
      'FROM_SNAPSHOT',
      'SHUTTING_DOWN',
      'SNAPSHOT',
      'CRASHED',
      'STARTING_UP',
      'POSTCOPY',
      'POSTCOPY_FAILED',
      // libvirt 9.2
      'API_ERROR',
    ],
  ],
  4: ['SHUTDOWN', ['UNKNOWN', 'USER']],
  5: [
    'SHUTOFF',
    ['UNKNOWN', 'SHUTDOWN', 'DESTROYED', 'CRASHED', 'MIGRATED', 'SAVED', 'FAILED', 'FROM_SNAPSHOT', 'DAEMON'],
  ],
  6: ['CRASHED', ['UNKNOWN', 'PANICKED']],
  7: ['PMSUSPENDED', ['UNKNOWN']],
};

/** libvirt's own name for why a domain is in its state, such as VIR_DOMAIN_PAUSED_SNAPSHOT. */
export function reasonName(state: number, reason: number): string | undefined {
  const [word, reasons] = NAMES[state] ?? [];
  const name = reasons?.[reason];
  return word && name && `VIR_DOMAIN_${word}_${name}`;
}
