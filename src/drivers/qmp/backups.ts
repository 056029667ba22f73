import { endBackup, settleBackup } from '../../block/backup-end.js';
import { readBackupRecord } from '../../block/backup-record.js';
import { startBackup } from '../../block/backup-start.js';
import { parseBackupXml } from '../../block/backup-xml.js';
import { checkFlags, refusal } from '../../block/refusals.js';
import {
  VIR_DOMAIN_BACKUP_BEGIN_REUSE_EXTERNAL,
  VIR_ERR_NO_DOMAIN_BACKUP,
  VIR_FROM_QEMU,
} from '../../hypervisor/constants.js';
import { HypervisorError } from '../../hypervisor/errors.js';
import type { DomainJobs } from '../../hypervisor/jobs.js';
import { leaveWord } from '../../snapshot/notice.js';
import type { BareDomain } from './bare-domain.js';
import { checkpointsOf, prepareCheckpoint } from './checkpoints.js';
import { inModel } from './errors.js';

type Backups = Pick<DomainJobs, 'backupBegin' | 'backupGetXMLDesc' | 'abortJob' | 'abortJobFlags'>;

/** Backups of a bare QEMU's disks, which go on without us. */
export function backups(domain: BareDomain): Backups {
  const abort = (): Promise<void> =>
    inModel(async () => {
      const record = await readBackupRecord(domain.folder);
      if (!record) throw refusal('now', 'no job is active on the domain');
      await endBackup(await domain.guest(), record);
    });
  return {
    backupBegin: (xml, checkpointXml, flags = 0) =>
      inModel(async () => {
        checkFlags(flags, VIR_DOMAIN_BACKUP_BEGIN_REUSE_EXTERNAL, 'virDomainBackupBegin');
        const description = parseBackupXml(xml);
        const guest = await domain.guest();
        await settleLeftBackup(domain);
        if (await readBackupRecord(domain.folder))
          throw refusal('now', 'another backup job is already running');
        const checkpoints = (await checkpointsOf(domain).list()).map(({ name }) => name);
        await startBackup(guest, description, {
          reuse: (flags & VIR_DOMAIN_BACKUP_BEGIN_REUSE_EXTERNAL) !== 0,
          checkpoints,
          checkpoint:
            checkpointXml === null ? undefined : await prepareCheckpoint(domain, guest, checkpointXml),
        });
      }),
    backupGetXMLDesc: (flags = 0) =>
      inModel(async () => {
        checkFlags(flags, 0, 'virDomainBackupGetXMLDesc');
        const record = await readBackupRecord(domain.folder);
        if (record) return record.xml;
        throw new HypervisorError('Domain backup job id not found: no domain backup job present', {
          code: VIR_ERR_NO_DOMAIN_BACKUP,
          domain: VIR_FROM_QEMU,
        });
      }),
    abortJob: abort,
    abortJobFlags: (flags = 0) => {
      checkFlags(flags, 0, 'virDomainAbortJobFlags');
      return abort();
    },
  };
}

/** Sees a backup that has ended to its end, and leaves word of it; nobody else may be at work on the guest. */
export async function settleLeftBackup(domain: BareDomain): Promise<void> {
  if (!(await readBackupRecord(domain.folder)) || (await domain.operation())) return;
  // Who can't ask now can't tell either; the next command may.
  const guest = await domain.guest().catch(() => undefined);
  const text = guest && (await settleBackup(guest));
  if (text !== undefined) await leaveWord(domain.folder, text);
}
