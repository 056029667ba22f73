import {
  VIR_DOMAIN_MIGRATE_MAX_SPEED_POSTCOPY,
  VIR_ERR_OVERFLOW,
  VIR_FROM_QEMU,
} from '../../hypervisor/constants.js';
import { HypervisorError } from '../../hypervisor/errors.js';
import type { DomainJobs } from '../../hypervisor/jobs.js';
import type { MigrationParameters } from '../../qmp/index.js';
import type { BareDomain } from './bare-domain.js';
import { inModel } from './errors.js';

type MigrationSettings = Pick<
  DomainJobs,
  | 'migrateGetMaxDowntime'
  | 'migrateSetMaxDowntime'
  | 'migrateGetMaxSpeed'
  | 'migrateSetMaxSpeed'
  | 'migrateGetCompressionCache'
  | 'migrateSetCompressionCache'
>;

const MEBIBYTE = 2n ** 20n;
/** What QEMU takes for a number of bytes. */
const MOST_BYTES = 2n ** 63n - 1n;

/** What QEMU has been told for migrations; snapshots set what they need themselves and put it back. */
export function migrationSettings(domain: BareDomain): MigrationSettings {
  const get = (name: keyof MigrationParameters): Promise<bigint> =>
    inModel(async () => {
      const { qmp } = await domain.guest();
      return BigInt(Number((await qmp.execute('query-migrate-parameters'))[name] ?? 0));
    });
  const set = (parameters: MigrationParameters): Promise<void> =>
    inModel(async () => {
      await (await domain.guest()).qmp.execute('migrate-set-parameters', parameters);
    });
  const bandwidth = (flags: number) =>
    (flags & VIR_DOMAIN_MIGRATE_MAX_SPEED_POSTCOPY) !== 0 ? 'max-postcopy-bandwidth' : 'max-bandwidth';
  return {
    migrateGetMaxDowntime: () => get('downtime-limit'),
    migrateSetMaxDowntime: (downtime) => set({ 'downtime-limit': Number(downtime) }),
    migrateGetCompressionCache: () => get('xbzrle-cache-size'),
    migrateSetCompressionCache: (size) => set({ 'xbzrle-cache-size': Number(size) }),
    migrateGetMaxSpeed: async (flags = 0) => (await get(bandwidth(flags))) / MEBIBYTE,
    migrateSetMaxSpeed: async (speed, flags = 0) => {
      if (speed > MOST_BYTES / MEBIBYTE) {
        throw new HypervisorError(
          `numerical overflow: bandwidth must be less than ${MOST_BYTES / MEBIBYTE + 1n}`,
          {
            code: VIR_ERR_OVERFLOW,
            domain: VIR_FROM_QEMU,
          },
        );
      }
      await set({ [bandwidth(flags)]: Number(speed * MEBIBYTE) });
    },
  };
}
