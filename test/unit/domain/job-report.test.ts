import { describe, expect, test } from '@jest/globals';
import { jobReport } from '../../../commands/domain/job-report.js';
import type { JobStats, TypedParameter } from '../../../src/hypervisor/index.js';

const ullong = (field: string, value: bigint): TypedParameter => ({ field, type: 'ullong', value });

// The widths and words are virsh 9.0's formats, read from `strings virsh`: "%-17s %-12llu ms", "%-17s %-.3lf %s".
describe('what is told of a job', () => {
  const params: TypedParameter[] = [
    { field: 'operation', type: 'int', value: 6 },
    ullong('time_elapsed', 1234n),
    ullong('time_remaining', 99n),
    ullong('data_total', 1_073_741_824n),
    ullong('data_processed', 1023n),
    ullong('data_remaining', 1536n),
    ullong('memory_total', 0n),
    ullong('memory_bps', 5n),
    ullong('disk_total', 1024n),
    ullong('disk_bps', 2048n),
    ullong('downtime', 17n),
    ullong('compression_overflow', 3n),
    { field: 'auto_converge_throttle', type: 'int', value: 20 },
    { field: 'errmsg', type: 'string', value: 'no room' },
  ];
  const report = (type: number, options = {}) =>
    jobReport({ type, params } satisfies JobStats, { completed: false, any: false, ...options });

  test('while it runs', () => {
    expect(report(1)).toBe(
      [
        'Job type:         Bounded     ',
        'Operation:        Snapshot    ',
        'Time elapsed:     1234         ms',
        'Time remaining:   99           ms',
        'Data processed:   1023.000 B',
        'Data remaining:   1.500 KiB',
        'Data total:       1.000 GiB',
        // Nothing of memory: with no amounts there is no rate either.
        'File processed:   0.000 B',
        'File remaining:   0.000 B',
        'File total:       1.000 KiB',
        'File bandwidth:   2.000 KiB/s',
        'Expected downtime: 17           ms',
        'Compression overflows: 3            ',
        'Auto converge throttle: 20           ',
        'Error message:    no room',
        '',
      ].join('\n'),
    );
  });

  test('once it is over, if that was asked for', () => {
    expect(report(3)).toBe('Job type:         Completed   \nOperation:        Snapshot    \n');
    expect(report(3, { completed: true })).toContain('Total downtime:   17           ms\n');
    expect(report(3, { completed: true })).not.toContain('Time remaining');
  });

  test('when it failed, only on demand', () => {
    expect(report(4, { completed: true })).toBe(
      'Job type:         Failed      \nOperation:        Snapshot    \n',
    );
    expect(report(4, { any: true })).toContain('Error message:    no room\n');
  });

  test('when there is none, or of a kind that is not known', () => {
    expect(report(0)).toBe('Job type:         None        \n');
    expect(report(17)).toBe('Job type:         unknown     \nOperation:        Snapshot    \n');
    expect(jobReport({ type: 2, params: [] }, { completed: false, any: false })).toBe(
      'Job type:         Unbounded   \nOperation:        Unknown     \nTime elapsed:     0            ms\n',
    );
  });
});
