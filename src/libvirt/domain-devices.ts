import koffi from 'koffi';
import { DomainResources } from './domain-resources.js';
import { succeed } from './error.js';
import { native } from './library.js';
import { free, readStructs, readText, takePointers, wide, withMemory } from './memory.js';
import { readSizedParameters, type TypedParameter, withTypedParameters } from './typed-parameters.js';

/** virDomainBlockInfo, in bytes. */
export interface BlockInfo {
  capacity: bigint;
  allocation: bigint;
  physical: bigint;
}

/** virDomainBlockStatsStruct; -1n where the driver can't tell. */
export interface BlockStats {
  rdReq: bigint;
  rdBytes: bigint;
  wrReq: bigint;
  wrBytes: bigint;
  errs: bigint;
}

/** virDomainInterfaceStatsStruct; -1n where the driver can't tell. */
export interface InterfaceStats {
  rxBytes: bigint;
  rxPackets: bigint;
  rxErrs: bigint;
  rxDrop: bigint;
  txBytes: bigint;
  txPackets: bigint;
  txErrs: bigint;
  txDrop: bigint;
}

/** virDomainDiskError: `error` is VIR_DOMAIN_DISK_ERROR_*. */
export interface DiskError {
  disk: string;
  error: number;
}

/** virDomainInterface with its addresses; an address's `type` is VIR_IP_ADDR_TYPE_*. */
export interface DomainInterface {
  name: string;
  hwaddr: string | null;
  addrs: { type: number; addr: string; prefix: number }[];
}

const virDomainBlockInfo = koffi.struct({
  capacity: 'unsigned long long',
  allocation: 'unsigned long long',
  physical: 'unsigned long long',
});
const virDomainBlockStats = koffi.struct({
  rdReq: 'long long',
  rdBytes: 'long long',
  wrReq: 'long long',
  wrBytes: 'long long',
  errs: 'long long',
});
const virDomainInterfaceStats = koffi.struct({
  rxBytes: 'long long',
  rxPackets: 'long long',
  rxErrs: 'long long',
  rxDrop: 'long long',
  txBytes: 'long long',
  txPackets: 'long long',
  txErrs: 'long long',
  txDrop: 'long long',
});
const virDomainDiskError = koffi.struct({ disk: 'void *', error: 'int' });
const virDomainInterface = koffi.struct({
  name: 'const char *',
  hwaddr: 'const char *',
  naddrs: 'unsigned int',
  addrs: 'void *',
});
const virDomainIPAddress = koffi.struct({ type: 'int', addr: 'const char *', prefix: 'unsigned int' });

function widen<T>(counters: Record<string, number | bigint>): T {
  return Object.fromEntries(Object.entries(counters).map(([name, value]) => [name, wide(value)])) as T;
}

/** Disks, network interfaces and other devices of a domain. */
export class DomainDevices extends DomainResources {
  attachDevice(xml: string): void {
    succeed(native.virDomainAttachDevice(this.pointer, xml));
  }

  attachDeviceFlags(xml: string, flags = 0): void {
    succeed(native.virDomainAttachDeviceFlags(this.pointer, xml, flags));
  }

  detachDevice(xml: string): void {
    succeed(native.virDomainDetachDevice(this.pointer, xml));
  }

  detachDeviceFlags(xml: string, flags = 0): void {
    succeed(native.virDomainDetachDeviceFlags(this.pointer, xml, flags));
  }

  detachDeviceAlias(alias: string, flags = 0): void {
    succeed(native.virDomainDetachDeviceAlias(this.pointer, alias, flags));
  }

  updateDeviceFlags(xml: string, flags = 0): void {
    succeed(native.virDomainUpdateDeviceFlags(this.pointer, xml, flags));
  }

  getBlockInfo(disk: string, flags = 0): BlockInfo {
    const info = Buffer.alloc(koffi.sizeof(virDomainBlockInfo));
    succeed(native.virDomainGetBlockInfo(this.pointer, disk, info, flags));
    return widen(koffi.decode(info, virDomainBlockInfo));
  }

  blockStats(disk: string): BlockStats {
    const stats = Buffer.alloc(koffi.sizeof(virDomainBlockStats));
    succeed(native.virDomainBlockStats(this.pointer, disk, stats, stats.length));
    return widen(koffi.decode(stats, virDomainBlockStats));
  }

  blockStatsFlags(disk: string, flags = 0): TypedParameter[] {
    return readSizedParameters((params, count) =>
      native.virDomainBlockStatsFlags(this.pointer, disk, params, count, flags),
    );
  }

  getBlockIoTune(disk: string | null, flags = 0): TypedParameter[] {
    return readSizedParameters((params, count) =>
      native.virDomainGetBlockIoTune(this.pointer, disk, params, count, flags),
    );
  }

  setBlockIoTune(disk: string, parameters: readonly TypedParameter[], flags = 0): void {
    withTypedParameters(parameters, (params, count) =>
      succeed(native.virDomainSetBlockIoTune(this.pointer, disk, params, count, flags)),
    );
  }

  /** @param size KiB, or bytes with VIR_DOMAIN_BLOCK_RESIZE_BYTES. */
  blockResize(disk: string, size: bigint, flags = 0): void {
    succeed(native.virDomainBlockResize(this.pointer, disk, size, flags));
  }

  blockPeek(disk: string, offset: bigint, size: number, flags = 0): Uint8Array {
    const bytes = new Uint8Array(size);
    succeed(native.virDomainBlockPeek(this.pointer, disk, offset, size, bytes, flags));
    return bytes;
  }

  memoryPeek(start: bigint, size: number, flags = 0): Uint8Array {
    const bytes = new Uint8Array(size);
    succeed(native.virDomainMemoryPeek(this.pointer, start, size, bytes, flags));
    return bytes;
  }

  setBlockThreshold(device: string, threshold: bigint, flags = 0): void {
    succeed(native.virDomainSetBlockThreshold(this.pointer, device, threshold, flags));
  }

  getDiskErrors(flags = 0): DiskError[] {
    const room = succeed(native.virDomainGetDiskErrors(this.pointer, null, 0, flags));
    if (room === 0) return [];
    return withMemory(room * koffi.sizeof(virDomainDiskError), (errors) => {
      const count = succeed(native.virDomainGetDiskErrors(this.pointer, errors, room, flags));
      const found = readStructs<{ disk: bigint | null; error: number }>(errors, virDomainDiskError, count);
      try {
        return found.map(({ disk, error }) => ({ disk: readText(disk) ?? '', error }));
      } finally {
        for (const { disk } of found) free(disk);
      }
    });
  }

  interfaceStats(device: string): InterfaceStats {
    const stats = Buffer.alloc(koffi.sizeof(virDomainInterfaceStats));
    succeed(native.virDomainInterfaceStats(this.pointer, device, stats, stats.length));
    return widen(koffi.decode(stats, virDomainInterfaceStats));
  }

  /** @param source VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_*. */
  interfaceAddresses(source: number, flags = 0): DomainInterface[] {
    const list: [bigint | null] = [null];
    const count = succeed(native.virDomainInterfaceAddresses(this.pointer, list, source, flags));
    const pointers = takePointers(list[0], count);
    try {
      return pointers.map((pointer) => {
        const { name, hwaddr, naddrs, addrs } = koffi.decode(pointer, virDomainInterface);
        return { name, hwaddr, addrs: readStructs(addrs, virDomainIPAddress, naddrs) };
      });
    } finally {
      for (const pointer of pointers) native.virDomainInterfaceFree(pointer);
    }
  }

  getInterfaceParameters(device: string, flags = 0): TypedParameter[] {
    return readSizedParameters((params, count) =>
      native.virDomainGetInterfaceParameters(this.pointer, device, params, count, flags),
    );
  }

  setInterfaceParameters(device: string, parameters: readonly TypedParameter[], flags = 0): void {
    withTypedParameters(parameters, (params, count) =>
      succeed(native.virDomainSetInterfaceParameters(this.pointer, device, params, count, flags)),
    );
  }

  fdAssociate(name: string, files: readonly number[], flags = 0): void {
    succeed(native.virDomainFDAssociate(this.pointer, name, files.length, [...files], flags));
  }
}
