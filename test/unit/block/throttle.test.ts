import { describe, expect, test } from '@jest/globals';
import { changedLimits } from '../../../src/block/throttle.js';
import type { TypedParameter } from '../../../src/hypervisor/index.js';

const set = (values: Record<string, number>): TypedParameter[] =>
  Object.entries(values).map(([field, value]) => ({ field, type: 'ullong', value: BigInt(value) }));

const none = { bps: 0, bps_rd: 0, bps_wr: 0, iops: 0, iops_rd: 0, iops_wr: 0 };

describe('limits of a disk', () => {
  test('what is not spoken of stays, but the others of its kind go', () => {
    const now = { ...none, bps_rd: 5, bps_wr: 6, iops: 7, iops_max: 9, iops_max_length: 3, iops_size: 4096 };
    // Without limits of operations there are no bursts of them, and no size.
    const without = changedLimits(now, set({ total_iops_sec: 0 }));
    expect(without).toMatchObject({ bps_rd: 5, iops: 0, iops_max: 0, iops_size: 0 });
    expect(without).not.toHaveProperty('iops_max_length');
    expect(changedLimits(now, set({ total_bytes_sec: 100 }))).toMatchObject({
      ...{ bps: 100, bps_rd: 0, bps_wr: 0, iops: 7, iops_max: 9, iops_max_length: 3, iops_size: 4096 },
    });
    expect(changedLimits(now, set({ write_bytes_sec: 8 }))).toMatchObject({ bps: 0, bps_rd: 0, bps_wr: 8 });
  });

  test('every field has its place in QEMU', () => {
    const limits = changedLimits(
      {},
      set({
        ...{ read_bytes_sec: 1, write_bytes_sec: 2, total_iops_sec: 3 },
        ...{ read_bytes_sec_max: 4, write_bytes_sec_max: 5, total_iops_sec_max: 6, size_iops_sec: 7 },
        ...{ read_bytes_sec_max_length: 8, total_iops_sec_max_length: 9 },
      }),
    );
    expect(limits).toMatchObject({
      ...{ bps_rd: 1, bps_wr: 2, iops: 3, bps_rd_max: 4, bps_wr_max: 5, iops_max: 6, iops_size: 7 },
      // A burst that nothing is said of lasts a second.
      ...{ bps_rd_max_length: 8, bps_wr_max_length: 1, iops_max_length: 9 },
    });
    expect(limits).not.toHaveProperty('bps_max_length');
  });

  test('a group is kept, and changed', () => {
    expect(changedLimits({ group: 'a' }, set({ total_iops_sec: 1 })).group).toBe('a');
    expect(changedLimits({ group: 'a' }, [{ field: 'group_name', type: 'string', value: 'b' }]).group).toBe(
      'b',
    );
  });

  test('what cannot be is refused in libvirt’s words', () => {
    expect(() => changedLimits({}, set({ total_iops_sec_max: 1, read_iops_sec_max: 1 }))).toThrow(
      'invalid argument: total and read/write of iops_sec_max cannot be set at the same time',
    );
    expect(() => changedLimits({}, set({ total_bytes_sec: 10 ** 15 + 1 }))).toThrow(
      'argument unsupported: block I/O throttle limit value must be no more than 1000000000000000',
    );
    expect(() => changedLimits({}, set({ size_iops_sec: 512 }))).toThrow(
      "value 'size_iops_sec' cannot be set",
    );
    expect(() => changedLimits({}, set({ total_bytes_sec_max_length: 2 }))).toThrow(
      "invalid argument: value 'total_bytes_sec_max_length' cannot be set if 'total_bytes_sec_max' is not set",
    );
  });
});
