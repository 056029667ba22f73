import koffi from 'koffi';
import { VIR_DOMAIN_MEMORY_STAT_NR } from './constants.js';
import { DomainLifecycle } from './domain-lifecycle.js';
import { present, succeed } from './error.js';
import { native } from './library.js';
import { readBytes, readStructs, takePointers, wide, withMemory } from './memory.js';
import {
  readParametersInto,
  readSizedParameters,
  readTypedParameters,
  TYPED_PARAMETER_SIZE,
  type TypedParameter,
  takeTypedParameters,
  withTypedParameters,
} from './typed-parameters.js';

/** virVcpuInfo: `cpuTime` in ns, `cpu` the host CPU or a negative VIR_VCPU_INFO_CPU_*. */
export interface VcpuInfo {
  number: number;
  state: number;
  cpuTime: bigint;
  cpu: number;
}

/** virDomainGetVcpus: `cpumaps[i]` has one bit per host CPU, lowest bit first; none if `maplen` was 0. */
export interface Vcpus {
  vcpus: VcpuInfo[];
  cpumaps: Uint8Array[];
}

/** virDomainMemoryStatStruct: `tag` is VIR_DOMAIN_MEMORY_STAT_*. */
export interface MemoryStat {
  tag: number;
  value: bigint;
}

/** virDomainIOThreadInfo. */
export interface IOThreadInfo {
  id: number;
  cpumap: Uint8Array;
}

const virVcpuInfo = koffi.struct({
  number: 'unsigned int',
  state: 'int',
  cpuTime: 'unsigned long long',
  cpu: 'int',
});
const virDomainMemoryStat = koffi.struct({ tag: 'int', value: 'unsigned long long' });
const virDomainIOThreadInfo = koffi.struct({ id: 'unsigned int', cpumap: 'void *', cpumapLength: 'int' });

/** Memory, vCPUs and tuning of a domain. Memory sizes are KiB. */
export class DomainResources extends DomainLifecycle {
  /** KiB. */
  getMaxMemory(): bigint {
    const memory = wide(native.virDomainGetMaxMemory(this.pointer));
    if (memory === 0n) succeed(-1);
    return memory;
  }

  setMaxMemory(memory: bigint): void {
    succeed(native.virDomainSetMaxMemory(this.pointer, memory));
  }

  setMemory(memory: bigint): void {
    succeed(native.virDomainSetMemory(this.pointer, memory));
  }

  setMemoryFlags(memory: bigint, flags = 0): void {
    succeed(native.virDomainSetMemoryFlags(this.pointer, memory, flags));
  }

  setMemoryStatsPeriod(seconds: number, flags = 0): void {
    succeed(native.virDomainSetMemoryStatsPeriod(this.pointer, seconds, flags));
  }

  memoryStats(flags = 0): MemoryStat[] {
    return withMemory(VIR_DOMAIN_MEMORY_STAT_NR * koffi.sizeof(virDomainMemoryStat), (stats) => {
      const count = succeed(
        native.virDomainMemoryStats(this.pointer, stats, VIR_DOMAIN_MEMORY_STAT_NR, flags),
      );
      return readStructs<{ tag: number; value: number | bigint }>(stats, virDomainMemoryStat, count).map(
        ({ tag, value }) => ({ tag, value: wide(value) }),
      );
    });
  }

  getMaxVcpus(): number {
    return succeed(native.virDomainGetMaxVcpus(this.pointer));
  }

  getVcpusFlags(flags = 0): number {
    return succeed(native.virDomainGetVcpusFlags(this.pointer, flags));
  }

  setVcpus(count: number): void {
    succeed(native.virDomainSetVcpus(this.pointer, count));
  }

  setVcpusFlags(count: number, flags = 0): void {
    succeed(native.virDomainSetVcpusFlags(this.pointer, count, flags));
  }

  setVcpu(vcpumap: string, state: number, flags = 0): void {
    succeed(native.virDomainSetVcpu(this.pointer, vcpumap, state, flags));
  }

  /** @param maxinfo how many vCPUs to ask for. @param maplen bytes of each CPU map; 0 asks for none. */
  getVcpus(maxinfo: number, maplen: number): Vcpus {
    return withMemory(maxinfo * koffi.sizeof(virVcpuInfo), (info) => {
      const maps = maplen > 0 ? Buffer.alloc(maxinfo * maplen) : null;
      const count = succeed(native.virDomainGetVcpus(this.pointer, info, maxinfo, maps, maplen));
      const vcpus = readStructs<Omit<VcpuInfo, 'cpuTime'> & { cpuTime: number | bigint }>(
        info,
        virVcpuInfo,
        count,
      ).map((vcpu) => ({ ...vcpu, cpuTime: wide(vcpu.cpuTime) }));
      return { vcpus, cpumaps: maps ? cut(maps, maplen, count) : [] };
    });
  }

  /** One CPU map of `maplen` bytes for each of the first `ncpumaps` vCPUs that the driver filled. */
  getVcpuPinInfo(ncpumaps: number, maplen: number, flags = 0): Uint8Array[] {
    const maps = Buffer.alloc(ncpumaps * maplen);
    const count = succeed(native.virDomainGetVcpuPinInfo(this.pointer, ncpumaps, maps, maplen, flags));
    return cut(maps, maplen, count);
  }

  /** The CPU map, or null where there is no pinning to tell. */
  getEmulatorPinInfo(maplen: number, flags = 0): Uint8Array | null {
    const map = Buffer.alloc(maplen);
    const found = succeed(native.virDomainGetEmulatorPinInfo(this.pointer, map, maplen, flags));
    return found === 0 ? null : new Uint8Array(map);
  }

  pinVcpu(vcpu: number, cpumap: Uint8Array): void {
    succeed(native.virDomainPinVcpu(this.pointer, vcpu, cpumap, cpumap.length));
  }

  pinVcpuFlags(vcpu: number, cpumap: Uint8Array, flags = 0): void {
    succeed(native.virDomainPinVcpuFlags(this.pointer, vcpu, cpumap, cpumap.length, flags));
  }

  pinEmulator(cpumap: Uint8Array, flags = 0): void {
    succeed(native.virDomainPinEmulator(this.pointer, cpumap, cpumap.length, flags));
  }

  getIOThreadInfo(flags = 0): IOThreadInfo[] {
    const list: [bigint | null] = [null];
    const count = succeed(native.virDomainGetIOThreadInfo(this.pointer, list, flags));
    return takePointers(list[0], count).map((pointer) => {
      try {
        const { id, cpumap, cpumapLength } = koffi.decode(pointer, virDomainIOThreadInfo);
        return { id, cpumap: readBytes(cpumap, cpumapLength) };
      } finally {
        native.virDomainIOThreadInfoFree(pointer);
      }
    });
  }

  pinIOThread(id: number, cpumap: Uint8Array, flags = 0): void {
    succeed(native.virDomainPinIOThread(this.pointer, id, cpumap, cpumap.length, flags));
  }

  addIOThread(id: number, flags = 0): void {
    succeed(native.virDomainAddIOThread(this.pointer, id, flags));
  }

  delIOThread(id: number, flags = 0): void {
    succeed(native.virDomainDelIOThread(this.pointer, id, flags));
  }

  setIOThreadParams(id: number, parameters: readonly TypedParameter[], flags = 0): void {
    withTypedParameters(parameters, (params, count) =>
      succeed(native.virDomainSetIOThreadParams(this.pointer, id, params, count, flags)),
    );
  }

  /**
   * One list of parameters for each of `ncpus` CPUs from `startCpu` on; with startCpu -1 and ncpus 1 one list for
   * the whole domain. What the driver could not tell of a CPU is an empty list.
   */
  getCPUStats(startCpu: number, ncpus: number, flags = 0): TypedParameter[][] {
    const perCpu = succeed(native.virDomainGetCPUStats(this.pointer, null, 0, startCpu, 1, flags));
    if (perCpu === 0) return Array.from({ length: ncpus }, () => []);
    const total = perCpu * ncpus;
    return withMemory(total * TYPED_PARAMETER_SIZE, (params) => {
      const filled = succeed(
        native.virDomainGetCPUStats(this.pointer, params, perCpu, startCpu, ncpus, flags),
      );
      try {
        return Array.from({ length: ncpus }, (_, cpu) => {
          const first = params + BigInt(cpu * perCpu * TYPED_PARAMETER_SIZE);
          // Slots the driver left empty have no type.
          return koffi.decode.string(first) === '' ? [] : readTypedParameters(first, filled);
        });
      } finally {
        native.virTypedParamsClear(params, total);
      }
    });
  }

  /** How many CPUs getCPUStats can tell about. */
  getCPUStatsCount(flags = 0): number {
    return succeed(native.virDomainGetCPUStats(this.pointer, null, 0, 0, 0, flags));
  }

  getSchedulerType(): string {
    return present(native.virDomainGetSchedulerType(this.pointer, [0]));
  }

  getSchedulerParameters(): TypedParameter[] {
    const room: [number] = [0];
    present(native.virDomainGetSchedulerType(this.pointer, room));
    if (room[0] === 0) return [];
    return readParametersInto(room[0], (params, count) =>
      native.virDomainGetSchedulerParameters(this.pointer, params, count),
    );
  }

  setSchedulerParameters(parameters: readonly TypedParameter[]): void {
    withTypedParameters(parameters, (params, count) =>
      succeed(native.virDomainSetSchedulerParameters(this.pointer, params, count)),
    );
  }

  getSchedulerParametersFlags(flags = 0): TypedParameter[] {
    const room: [number] = [0];
    present(native.virDomainGetSchedulerType(this.pointer, room));
    if (room[0] === 0) return [];
    return readParametersInto(room[0], (params, count) =>
      native.virDomainGetSchedulerParametersFlags(this.pointer, params, count, flags),
    );
  }

  setSchedulerParametersFlags(parameters: readonly TypedParameter[], flags = 0): void {
    withTypedParameters(parameters, (params, count) =>
      succeed(native.virDomainSetSchedulerParametersFlags(this.pointer, params, count, flags)),
    );
  }

  getMemoryParameters(flags = 0): TypedParameter[] {
    return readSizedParameters((params, count) =>
      native.virDomainGetMemoryParameters(this.pointer, params, count, flags),
    );
  }

  setMemoryParameters(parameters: readonly TypedParameter[], flags = 0): void {
    withTypedParameters(parameters, (params, count) =>
      succeed(native.virDomainSetMemoryParameters(this.pointer, params, count, flags)),
    );
  }

  getNumaParameters(flags = 0): TypedParameter[] {
    return readSizedParameters((params, count) =>
      native.virDomainGetNumaParameters(this.pointer, params, count, flags),
    );
  }

  setNumaParameters(parameters: readonly TypedParameter[], flags = 0): void {
    withTypedParameters(parameters, (params, count) =>
      succeed(native.virDomainSetNumaParameters(this.pointer, params, count, flags)),
    );
  }

  getBlkioParameters(flags = 0): TypedParameter[] {
    return readSizedParameters((params, count) =>
      native.virDomainGetBlkioParameters(this.pointer, params, count, flags),
    );
  }

  setBlkioParameters(parameters: readonly TypedParameter[], flags = 0): void {
    withTypedParameters(parameters, (params, count) =>
      succeed(native.virDomainSetBlkioParameters(this.pointer, params, count, flags)),
    );
  }

  getPerfEvents(flags = 0): TypedParameter[] {
    const params: [bigint | null] = [null];
    const count: [number] = [0];
    succeed(native.virDomainGetPerfEvents(this.pointer, params, count, flags));
    return takeTypedParameters(params[0], count[0]);
  }

  setPerfEvents(parameters: readonly TypedParameter[], flags = 0): void {
    withTypedParameters(parameters, (params, count) =>
      succeed(native.virDomainSetPerfEvents(this.pointer, params, count, flags)),
    );
  }

  getLaunchSecurityInfo(flags = 0): TypedParameter[] {
    const params: [bigint | null] = [null];
    const count: [number] = [0];
    succeed(native.virDomainGetLaunchSecurityInfo(this.pointer, params, count, flags));
    return takeTypedParameters(params[0], count[0]);
  }

  setLaunchSecurityState(parameters: readonly TypedParameter[], flags = 0): void {
    withTypedParameters(parameters, (params, count) =>
      succeed(native.virDomainSetLaunchSecurityState(this.pointer, params, count, flags)),
    );
  }

  startDirtyRateCalc(seconds: number, flags = 0): void {
    succeed(native.virDomainStartDirtyRateCalc(this.pointer, seconds, flags));
  }
}

function cut(maps: Buffer, maplen: number, count: number): Uint8Array[] {
  return Array.from(
    { length: count },
    (_, index) => new Uint8Array(maps.subarray(index * maplen, (index + 1) * maplen)),
  );
}
