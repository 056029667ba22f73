import koffi from 'koffi';
import { DomainDevices } from './domain-devices.js';
import { present, succeed } from './error.js';
import { defaultAuth, native } from './library.js';
import { wide } from './memory.js';
import type { Stream } from './stream.js';
import { type TypedParameter, takeTypedParameters, withTypedParameters } from './typed-parameters.js';

/** virDomainJobInfo: times in ms, amounts in bytes; `type` is VIR_DOMAIN_JOB_NONE and so on. */
export interface JobInfo {
  type: number;
  timeElapsed: bigint;
  timeRemaining: bigint;
  dataTotal: bigint;
  dataProcessed: bigint;
  dataRemaining: bigint;
  memTotal: bigint;
  memProcessed: bigint;
  memRemaining: bigint;
  fileTotal: bigint;
  fileProcessed: bigint;
  fileRemaining: bigint;
}

/** virDomainGetJobStats: fields are named by VIR_DOMAIN_JOB_*. */
export interface JobStats {
  type: number;
  params: TypedParameter[];
}

/** virDomainBlockJobInfo: `cur` of `end` units done; bandwidth in MiB/s, or bytes/s if the flags asked for it. */
export interface BlockJobInfo {
  type: number;
  bandwidth: bigint;
  cur: bigint;
  end: bigint;
}

const virDomainJobInfo = koffi.struct({
  type: 'int',
  timeElapsed: 'unsigned long long',
  timeRemaining: 'unsigned long long',
  dataTotal: 'unsigned long long',
  dataProcessed: 'unsigned long long',
  dataRemaining: 'unsigned long long',
  memTotal: 'unsigned long long',
  memProcessed: 'unsigned long long',
  memRemaining: 'unsigned long long',
  fileTotal: 'unsigned long long',
  fileProcessed: 'unsigned long long',
  fileRemaining: 'unsigned long long',
});
const virDomainBlockJobInfo = koffi.struct({
  type: 'int',
  bandwidth: 'unsigned long',
  cur: 'unsigned long long',
  end: 'unsigned long long',
});

/** Saving memory, dumping it, and the jobs of a domain and its disks. */
export class DomainJobs extends DomainDevices {
  save(to: string): void {
    succeed(native.virDomainSave(this.pointer, to));
  }

  saveFlags(to: string, xml: string | null, flags = 0): void {
    succeed(native.virDomainSaveFlags(this.pointer, to, xml, flags));
  }

  saveParams(parameters: readonly TypedParameter[], flags = 0): void {
    withTypedParameters(parameters, (params, count) =>
      succeed(native.virDomainSaveParams(this.pointer, params, count, flags)),
    );
  }

  managedSave(flags = 0): void {
    succeed(native.virDomainManagedSave(this.pointer, flags));
  }

  managedSaveRemove(flags = 0): void {
    succeed(native.virDomainManagedSaveRemove(this.pointer, flags));
  }

  managedSaveGetXMLDesc(flags = 0): string {
    return present(native.virDomainManagedSaveGetXMLDesc(this.pointer, flags));
  }

  managedSaveDefineXML(xml: string, flags = 0): void {
    succeed(native.virDomainManagedSaveDefineXML(this.pointer, xml, flags));
  }

  hasManagedSaveImage(flags = 0): boolean {
    return succeed(native.virDomainHasManagedSaveImage(this.pointer, flags)) === 1;
  }

  coreDump(to: string, flags = 0): void {
    succeed(native.virDomainCoreDump(this.pointer, to, flags));
  }

  /** @param format VIR_DOMAIN_CORE_DUMP_FORMAT_*. */
  coreDumpWithFormat(to: string, format: number, flags = 0): void {
    succeed(native.virDomainCoreDumpWithFormat(this.pointer, to, format, flags));
  }

  /** Starts a screenshot that is then read from `stream`. @returns its MIME type. */
  screenshot(stream: Stream, screen: number, flags = 0): string {
    return present(native.virDomainScreenshot(this.pointer, stream.pointer, screen, flags));
  }

  getJobInfo(): JobInfo {
    const info = Buffer.alloc(koffi.sizeof(virDomainJobInfo));
    succeed(native.virDomainGetJobInfo(this.pointer, info));
    const { type, ...amounts } = koffi.decode(info, virDomainJobInfo) as Record<string, number | bigint>;
    const wideAmounts = Object.entries(amounts).map(([name, value]) => [name, wide(value)]);
    return { type: Number(type), ...Object.fromEntries(wideAmounts) };
  }

  getJobStats(flags = 0): JobStats {
    const type: [number] = [0];
    const params: [bigint | null] = [null];
    const count: [number] = [0];
    succeed(native.virDomainGetJobStats(this.pointer, type, params, count, flags));
    return { type: type[0], params: takeTypedParameters(params[0], count[0]) };
  }

  abortJob(): void {
    succeed(native.virDomainAbortJob(this.pointer));
  }

  abortJobFlags(flags = 0): void {
    succeed(native.virDomainAbortJobFlags(this.pointer, flags));
  }

  migrateGetMaxDowntime(flags = 0): bigint {
    const downtime = [0];
    succeed(native.virDomainMigrateGetMaxDowntime(this.pointer, downtime, flags));
    return wide(downtime[0] ?? 0);
  }

  /** @param downtime ms. */
  migrateSetMaxDowntime(downtime: bigint, flags = 0): void {
    succeed(native.virDomainMigrateSetMaxDowntime(this.pointer, downtime, flags));
  }

  migrateGetCompressionCache(flags = 0): bigint {
    const size = [0];
    succeed(native.virDomainMigrateGetCompressionCache(this.pointer, size, flags));
    return wide(size[0] ?? 0);
  }

  /** @param size bytes. */
  migrateSetCompressionCache(size: bigint, flags = 0): void {
    succeed(native.virDomainMigrateSetCompressionCache(this.pointer, size, flags));
  }

  /** MiB/s. */
  migrateGetMaxSpeed(flags = 0): bigint {
    const bandwidth = [0];
    succeed(native.virDomainMigrateGetMaxSpeed(this.pointer, bandwidth, flags));
    return wide(bandwidth[0] ?? 0);
  }

  migrateSetMaxSpeed(bandwidth: bigint, flags = 0): void {
    succeed(native.virDomainMigrateSetMaxSpeed(this.pointer, bandwidth, flags));
  }

  /** The source (or, with VIR_MIGRATE_PEER2PEER, its daemon) migrates by itself to where a URI leads. */
  migrateToURI3(uri: string, parameters: readonly TypedParameter[], flags = 0): void {
    withTypedParameters(parameters, (params, count) =>
      succeed(native.virDomainMigrateToURI3(this.pointer, uri, params, count, flags)),
    );
  }

  /** Migrates with this process between the two: the destination is connected to for as long as it takes. */
  migrate3(uri: string, parameters: readonly TypedParameter[], flags = 0): void {
    const destination = present<bigint>(native.virConnectOpenAuth(uri, defaultAuth(), 0));
    try {
      const moved = withTypedParameters(parameters, (params, count) =>
        present<bigint>(native.virDomainMigrate3(this.pointer, destination, params, count, flags)),
      );
      native.virDomainFree(moved);
    } finally {
      native.virConnectClose(destination);
    }
  }

  migrateStartPostCopy(flags = 0): void {
    succeed(native.virDomainMigrateStartPostCopy(this.pointer, flags));
  }

  /** The job of a disk, or null if it has none. */
  getBlockJobInfo(disk: string, flags = 0): BlockJobInfo | null {
    const info = Buffer.alloc(koffi.sizeof(virDomainBlockJobInfo));
    const found = succeed(native.virDomainGetBlockJobInfo(this.pointer, disk, info, flags));
    if (found === 0) return null;
    const { type, bandwidth, cur, end } = koffi.decode(info, virDomainBlockJobInfo);
    return { type, bandwidth: wide(bandwidth), cur: wide(cur), end: wide(end) };
  }

  blockJobAbort(disk: string, flags = 0): void {
    succeed(native.virDomainBlockJobAbort(this.pointer, disk, flags));
  }

  blockJobSetSpeed(disk: string, bandwidth: bigint, flags = 0): void {
    succeed(native.virDomainBlockJobSetSpeed(this.pointer, disk, bandwidth, flags));
  }

  blockPull(disk: string, bandwidth: bigint, flags = 0): void {
    succeed(native.virDomainBlockPull(this.pointer, disk, bandwidth, flags));
  }

  blockRebase(disk: string, base: string | null, bandwidth: bigint, flags = 0): void {
    succeed(native.virDomainBlockRebase(this.pointer, disk, base, bandwidth, flags));
  }

  blockCommit(disk: string, base: string | null, top: string | null, bandwidth: bigint, flags = 0): void {
    succeed(native.virDomainBlockCommit(this.pointer, disk, base, top, bandwidth, flags));
  }

  blockCopy(disk: string, xml: string, parameters: readonly TypedParameter[], flags = 0): void {
    withTypedParameters(parameters, (params, count) =>
      succeed(native.virDomainBlockCopy(this.pointer, disk, xml, params, count, flags)),
    );
  }

  backupBegin(backupXML: string, checkpointXML: string | null, flags = 0): void {
    succeed(native.virDomainBackupBegin(this.pointer, backupXML, checkpointXML, flags));
  }

  backupGetXMLDesc(flags = 0): string {
    return present(native.virDomainBackupGetXMLDesc(this.pointer, flags));
  }
}
