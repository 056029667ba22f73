import { expect, test } from '@jest/globals';
import type { Domain, TypedParameter } from '../../../src/hypervisor/index.js';
import { lastSnapshotJob } from '../../../src/snapshot/job-measurement.js';

const domain = (params: TypedParameter[]): Domain =>
  ({ getJobStats: async () => ({ type: 3, params }) }) as unknown as Domain;

test('takes what there is from a snapshot’s job', async () => {
  const params: TypedParameter[] = [
    { field: 'operation', type: 'int', value: 6 },
    { field: 'downtime', type: 'ullong', value: 12n },
    { field: 'time_elapsed', type: 'ullong', value: 345n },
  ];
  expect(await lastSnapshotJob(domain(params))).toEqual({ pauseMs: 12n, elapsedMs: 345n });
});

test('takes nothing from a job of another kind', async () => {
  const params: TypedParameter[] = [
    { field: 'operation', type: 'int', value: 3 },
    { field: 'downtime', type: 'ullong', value: 12n },
  ];
  expect(await lastSnapshotJob(domain(params))).toEqual({});
  expect(await lastSnapshotJob(domain([]))).toEqual({});
});
