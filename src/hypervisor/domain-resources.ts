import type { TypedParameter } from './typed-parameter.js';

/** virVcpuInfo: `cpuTime` in ns, `cpu` the host CPU or a negative VIR_VCPU_INFO_CPU_*. */
export interface VcpuInfo {
  number: number;
  state: number;
  cpuTime: bigint;
  cpu: number;
}

/** virDomainGetVcpus: `cpumaps[i]` has one bit per host CPU, lowest bit first; empty where none were asked for. */
export interface Vcpus {
  vcpus: VcpuInfo[];
  cpumaps: Uint8Array[];
}

/** virDomainMemoryStats: `tag` is VIR_DOMAIN_MEMORY_STAT_*. */
export interface MemoryStat {
  tag: number;
  value: bigint;
}

/** virDomainGetIOThreadInfo. */
export interface IOThreadInfo {
  id: number;
  cpumap: Uint8Array;
}

/** Memory, vCPUs and tuning of a domain. Memory sizes are KiB. */
export interface DomainResources {
  /** KiB, or 0 if there is no limit to tell. */
  getMaxMemory(): Promise<bigint>;
  setMaxMemory(memory: bigint): Promise<void>;
  setMemory(memory: bigint): Promise<void>;
  setMemoryFlags(memory: bigint, flags?: number): Promise<void>;
  setMemoryStatsPeriod(seconds: number, flags?: number): Promise<void>;
  memoryStats(flags?: number): Promise<MemoryStat[]>;
  getMaxVcpus(): Promise<number>;
  getVcpusFlags(flags?: number): Promise<number>;
  setVcpus(count: number): Promise<void>;
  setVcpusFlags(count: number, flags?: number): Promise<void>;
  setVcpu(vcpumap: string, state: number, flags?: number): Promise<void>;
  /** @param maxinfo how many vCPUs to ask for. @param maplen bytes of each CPU map; 0 asks for none. */
  getVcpus(maxinfo: number, maplen: number): Promise<Vcpus>;
  /** One CPU map of `maplen` bytes for each of the first `ncpumaps` vCPUs that the driver filled. */
  getVcpuPinInfo(ncpumaps: number, maplen: number, flags?: number): Promise<Uint8Array[]>;
  /** The CPU map, or null where there is no pinning to tell. */
  getEmulatorPinInfo(maplen: number, flags?: number): Promise<Uint8Array | null>;
  pinVcpu(vcpu: number, cpumap: Uint8Array): Promise<void>;
  pinVcpuFlags(vcpu: number, cpumap: Uint8Array, flags?: number): Promise<void>;
  pinEmulator(cpumap: Uint8Array, flags?: number): Promise<void>;
  getIOThreadInfo(flags?: number): Promise<IOThreadInfo[]>;
  pinIOThread(id: number, cpumap: Uint8Array, flags?: number): Promise<void>;
  addIOThread(id: number, flags?: number): Promise<void>;
  delIOThread(id: number, flags?: number): Promise<void>;
  setIOThreadParams(id: number, parameters: readonly TypedParameter[], flags?: number): Promise<void>;
  /**
   * One list of parameters for each of `ncpus` CPUs from `startCpu` on; with startCpu -1 and ncpus 1 one list for
   * the whole domain. What the driver could not tell of a CPU is an empty list.
   */
  getCPUStats(startCpu: number, ncpus: number, flags?: number): Promise<TypedParameter[][]>;
  /** How many CPUs getCPUStats can tell about. */
  getCPUStatsCount(flags?: number): Promise<number>;
  getSchedulerType(): Promise<string>;
  getSchedulerParameters(): Promise<TypedParameter[]>;
  setSchedulerParameters(parameters: readonly TypedParameter[]): Promise<void>;
  getSchedulerParametersFlags(flags?: number): Promise<TypedParameter[]>;
  setSchedulerParametersFlags(parameters: readonly TypedParameter[], flags?: number): Promise<void>;
  getMemoryParameters(flags?: number): Promise<TypedParameter[]>;
  setMemoryParameters(parameters: readonly TypedParameter[], flags?: number): Promise<void>;
  getNumaParameters(flags?: number): Promise<TypedParameter[]>;
  setNumaParameters(parameters: readonly TypedParameter[], flags?: number): Promise<void>;
  getBlkioParameters(flags?: number): Promise<TypedParameter[]>;
  setBlkioParameters(parameters: readonly TypedParameter[], flags?: number): Promise<void>;
  getPerfEvents(flags?: number): Promise<TypedParameter[]>;
  setPerfEvents(parameters: readonly TypedParameter[], flags?: number): Promise<void>;
  getLaunchSecurityInfo(flags?: number): Promise<TypedParameter[]>;
  setLaunchSecurityState(parameters: readonly TypedParameter[], flags?: number): Promise<void>;
  startDirtyRateCalc(seconds: number, flags?: number): Promise<void>;
}
