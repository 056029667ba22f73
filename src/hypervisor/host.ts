import type { TypedParameter } from './typed-parameter.js';

/** virNodeInfo: `memory` in KiB, `mhz` as reported (0 if unknown). */
export interface NodeInfo {
  model: string;
  memory: bigint;
  cpus: number;
  mhz: number;
  nodes: number;
  sockets: number;
  cores: number;
  threads: number;
}

/** A counter of virNodeGetCPUStats (ns, or percent for utilization) or virNodeGetMemoryStats (KiB). */
export interface NodeCounter {
  field: string;
  value: bigint;
}

/** virNodeGetCPUMap: `present` CPUs, how many are `online`, and one bit per CPU in `map`, lowest bit first. */
export interface NodeCPUMap {
  present: number;
  online: number;
  map: Uint8Array;
}

/** virNodeGetSecurityModel. */
export interface SecurityModel {
  model: string;
  doi: string;
}

/** What the host is and can do. Flags default to 0; strings that may be absent take null. */
export interface Host {
  getType(): Promise<string>;
  getURI(): Promise<string>;
  getHostname(): Promise<string>;
  /** Hypervisor version as major * 1,000,000 + minor * 1,000 + release; 0 if it can't be told. */
  getVersion(): Promise<number>;
  /** Version of the libvirt on the far side, in the same form. */
  getLibVersion(): Promise<number>;
  /** virGetVersion: version of the local library, and of its driver for `type` (null: the default one). */
  libraryVersion(type?: string | null): Promise<{ library: number; type: number }>;
  getCapabilities(): Promise<string>;
  getSysinfo(flags?: number): Promise<string>;
  getMaxVcpus(type?: string | null): Promise<number>;
  getDomainCapabilities(
    emulator?: string | null,
    arch?: string | null,
    machine?: string | null,
    virttype?: string | null,
    flags?: number,
  ): Promise<string>;
  /** Names of the CPU models of an architecture; none means that every model is accepted. */
  getCPUModelNames(arch: string, flags?: number): Promise<string[]>;
  baselineCPU(cpus: readonly string[], flags?: number): Promise<string>;
  baselineHypervisorCPU(
    emulator: string | null,
    arch: string | null,
    machine: string | null,
    virttype: string | null,
    cpus: readonly string[],
    flags?: number,
  ): Promise<string>;
  /** @returns VIR_CPU_COMPARE_*: 0 incompatible, 1 identical, 2 superset. */
  compareCPU(cpu: string, flags?: number): Promise<number>;
  compareHypervisorCPU(
    emulator: string | null,
    arch: string | null,
    machine: string | null,
    virttype: string | null,
    cpu: string,
    flags?: number,
  ): Promise<number>;
  nodeGetInfo(): Promise<NodeInfo>;
  /** Free memory in bytes. */
  nodeGetFreeMemory(): Promise<bigint>;
  /** Free bytes of each NUMA cell from `startCell` on, at most `maxCells` of them. */
  nodeGetCellsFreeMemory(startCell: number, maxCells: number): Promise<bigint[]>;
  /** Free pages: for each cell, one count for each of `pages` (sizes in KiB), flat, cell by cell. */
  nodeGetFreePages(
    pages: readonly number[],
    startCell: number,
    cellCount: number,
    flags?: number,
  ): Promise<bigint[]>;
  /** @returns how many cells were changed. */
  nodeAllocPages(
    pageSizes: readonly number[],
    pageCounts: readonly bigint[],
    startCell: number,
    cellCount: number,
    flags?: number,
  ): Promise<number>;
  nodeGetCPUMap(flags?: number): Promise<NodeCPUMap>;
  /** @param cpuNum a CPU, or -1 for all together. */
  nodeGetCPUStats(cpuNum: number, flags?: number): Promise<NodeCounter[]>;
  /** @param cellNum a cell, or -1 for all together. */
  nodeGetMemoryStats(cellNum: number, flags?: number): Promise<NodeCounter[]>;
  nodeGetMemoryParameters(flags?: number): Promise<TypedParameter[]>;
  nodeSetMemoryParameters(parameters: readonly TypedParameter[], flags?: number): Promise<void>;
  nodeGetSEVInfo(flags?: number): Promise<TypedParameter[]>;
  nodeGetSecurityModel(): Promise<SecurityModel>;
  nodeSuspendForDuration(target: number, seconds: bigint, flags?: number): Promise<void>;
  isSecure(): Promise<boolean>;
  isEncrypted(): Promise<boolean>;
}
