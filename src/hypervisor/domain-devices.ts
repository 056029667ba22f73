import type { TypedParameter } from './typed-parameter.js';

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

/** virDomainInterface with its addresses; `type` is VIR_IP_ADDR_TYPE_*. */
export interface DomainInterface {
  name: string;
  hwaddr: string | null;
  addrs: { type: number; addr: string; prefix: number }[];
}

/** Disks, network interfaces and other devices of a domain. */
export interface DomainDevices {
  attachDevice(xml: string): Promise<void>;
  attachDeviceFlags(xml: string, flags?: number): Promise<void>;
  detachDevice(xml: string): Promise<void>;
  detachDeviceFlags(xml: string, flags?: number): Promise<void>;
  detachDeviceAlias(alias: string, flags?: number): Promise<void>;
  updateDeviceFlags(xml: string, flags?: number): Promise<void>;
  getBlockInfo(disk: string, flags?: number): Promise<BlockInfo>;
  blockStats(disk: string): Promise<BlockStats>;
  blockStatsFlags(disk: string, flags?: number): Promise<TypedParameter[]>;
  getBlockIoTune(disk: string | null, flags?: number): Promise<TypedParameter[]>;
  setBlockIoTune(disk: string, parameters: readonly TypedParameter[], flags?: number): Promise<void>;
  /** @param size KiB, or bytes with VIR_DOMAIN_BLOCK_RESIZE_BYTES. */
  blockResize(disk: string, size: bigint, flags?: number): Promise<void>;
  blockPeek(disk: string, offset: bigint, size: number, flags?: number): Promise<Uint8Array>;
  memoryPeek(start: bigint, size: number, flags?: number): Promise<Uint8Array>;
  setBlockThreshold(device: string, threshold: bigint, flags?: number): Promise<void>;
  getDiskErrors(flags?: number): Promise<DiskError[]>;
  interfaceStats(device: string): Promise<InterfaceStats>;
  interfaceAddresses(source: number, flags?: number): Promise<DomainInterface[]>;
  getInterfaceParameters(device: string, flags?: number): Promise<TypedParameter[]>;
  setInterfaceParameters(
    device: string,
    parameters: readonly TypedParameter[],
    flags?: number,
  ): Promise<void>;
  fdAssociate(name: string, files: readonly number[], flags?: number): Promise<void>;
}
