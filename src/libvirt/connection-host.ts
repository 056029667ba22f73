import koffi from 'koffi';
import { VIR_SECURITY_DOI_BUFLEN, VIR_SECURITY_MODEL_BUFLEN } from './constants.js';
import { present, succeed } from './error.js';
import { Handle } from './handle.js';
import { native } from './library.js';
import { free, readBytes, readStructs, takeTexts, wide, withMemory } from './memory.js';
import {
  readSizedParameters,
  type TypedParameter,
  takeTypedParameters,
  withTypedParameters,
} from './typed-parameters.js';

/** virNodeInfo: `memory` in KiB, `mhz` 0 if unknown. */
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

/** virSecurityModel. */
export interface SecurityModel {
  model: string;
  doi: string;
}

const virNodeInfo = koffi.struct({
  model: koffi.array('char', 32, 'String'),
  memory: 'unsigned long',
  cpus: 'unsigned int',
  mhz: 'unsigned int',
  nodes: 'unsigned int',
  sockets: 'unsigned int',
  cores: 'unsigned int',
  threads: 'unsigned int',
});
// virNodeCPUStats and virNodeMemoryStats have one layout.
const virNodeCounter = koffi.struct({
  field: koffi.array('char', 80, 'String'),
  value: 'unsigned long long',
});
const virSecurityModel = koffi.struct({
  model: koffi.array('char', VIR_SECURITY_MODEL_BUFLEN, 'String'),
  doi: koffi.array('char', VIR_SECURITY_DOI_BUFLEN, 'String'),
});

function readCounters(call: (stats: bigint | null, count: [number]) => number): NodeCounter[] {
  const count: [number] = [0];
  succeed(call(null, count));
  if (count[0] === 0) return [];
  return withMemory(count[0] * koffi.sizeof(virNodeCounter), (stats) => {
    succeed(call(stats, count));
    return readStructs<{ field: string; value: number | bigint }>(stats, virNodeCounter, count[0]).map(
      ({ field, value }) => ({ field, value: wide(value) }),
    );
  });
}

/** What the host is and can do. */
export abstract class ConnectionHost extends Handle {
  getType(): string {
    return present(native.virConnectGetType(this.pointer));
  }

  getURI(): string {
    return present(native.virConnectGetURI(this.pointer));
  }

  getHostname(): string {
    return present(native.virConnectGetHostname(this.pointer));
  }

  /** Hypervisor version as major * 1,000,000 + minor * 1,000 + release; 0 if it can't be told. */
  getVersion(): number {
    const version = [0];
    succeed(native.virConnectGetVersion(this.pointer, version));
    return Number(version[0]);
  }

  /** Version of the libvirt on the far side, in the same form. */
  getLibVersion(): number {
    const version = [0];
    succeed(native.virConnectGetLibVersion(this.pointer, version));
    return Number(version[0]);
  }

  /** virGetVersion: the local library's version, and its driver's for `type` (null: the default one). */
  libraryVersion(type: string | null = null): { library: number; type: number } {
    const library = [0];
    const driver = [0];
    succeed(native.virGetVersion(library, type, driver));
    return { library: Number(library[0]), type: Number(driver[0]) };
  }

  getCapabilities(): string {
    return present(native.virConnectGetCapabilities(this.pointer));
  }

  getSysinfo(flags = 0): string {
    return present(native.virConnectGetSysinfo(this.pointer, flags));
  }

  getMaxVcpus(type: string | null = null): number {
    return succeed(native.virConnectGetMaxVcpus(this.pointer, type));
  }

  getDomainCapabilities(
    emulator: string | null = null,
    arch: string | null = null,
    machine: string | null = null,
    virttype: string | null = null,
    flags = 0,
  ): string {
    return present(
      native.virConnectGetDomainCapabilities(this.pointer, emulator, arch, machine, virttype, flags),
    );
  }

  /** Names of the CPU models of an architecture; none means that every model is accepted. */
  getCPUModelNames(arch: string, flags = 0): string[] {
    const models: [bigint | null] = [null];
    const count = succeed(native.virConnectGetCPUModelNames(this.pointer, arch, models, flags));
    return takeTexts(models[0], count);
  }

  baselineCPU(cpus: readonly string[], flags = 0): string {
    return present(native.virConnectBaselineCPU(this.pointer, [...cpus], cpus.length, flags));
  }

  baselineHypervisorCPU(
    emulator: string | null,
    arch: string | null,
    machine: string | null,
    virttype: string | null,
    cpus: readonly string[],
    flags = 0,
  ): string {
    return present(
      native.virConnectBaselineHypervisorCPU(
        this.pointer,
        emulator,
        arch,
        machine,
        virttype,
        [...cpus],
        cpus.length,
        flags,
      ),
    );
  }

  /** @returns VIR_CPU_COMPARE_*: 0 incompatible, 1 identical, 2 superset. */
  compareCPU(cpu: string, flags = 0): number {
    return succeed(native.virConnectCompareCPU(this.pointer, cpu, flags));
  }

  compareHypervisorCPU(
    emulator: string | null,
    arch: string | null,
    machine: string | null,
    virttype: string | null,
    cpu: string,
    flags = 0,
  ): number {
    return succeed(
      native.virConnectCompareHypervisorCPU(this.pointer, emulator, arch, machine, virttype, cpu, flags),
    );
  }

  nodeGetInfo(): NodeInfo {
    const bytes = Buffer.alloc(koffi.sizeof(virNodeInfo));
    succeed(native.virNodeGetInfo(this.pointer, bytes));
    const info = koffi.decode(bytes, virNodeInfo);
    return { ...info, memory: wide(info.memory) };
  }

  /** Free memory in bytes. */
  nodeGetFreeMemory(): bigint {
    const memory = wide(native.virNodeGetFreeMemory(this.pointer));
    if (memory === 0n) succeed(-1);
    return memory;
  }

  /** Free bytes of each NUMA cell from `startCell` on, at most `maxCells` of them. */
  nodeGetCellsFreeMemory(startCell: number, maxCells: number): bigint[] {
    const memory: (number | bigint)[] = new Array(maxCells).fill(0);
    const count = succeed(native.virNodeGetCellsFreeMemory(this.pointer, memory, startCell, maxCells));
    return memory.slice(0, count).map(wide);
  }

  /** Free pages: for each cell, one count for each of `pages` (sizes in KiB), flat, cell by cell. */
  nodeGetFreePages(pages: readonly number[], startCell: number, cellCount: number, flags = 0): bigint[] {
    const counts: (number | bigint)[] = new Array(pages.length * cellCount).fill(0);
    // The test driver fills the counts and returns 0, so the result says no more than that it went well.
    succeed(
      native.virNodeGetFreePages(this.pointer, pages.length, [...pages], startCell, cellCount, counts, flags),
    );
    return counts.map(wide);
  }

  /** @param pageSizes in KiB. @returns how many cells were changed. */
  nodeAllocPages(
    pageSizes: readonly number[],
    pageCounts: readonly bigint[],
    startCell: number,
    cellCount: number,
    flags = 0,
  ): number {
    return succeed(
      native.virNodeAllocPages(
        this.pointer,
        pageSizes.length,
        [...pageSizes],
        [...pageCounts],
        startCell,
        cellCount,
        flags,
      ),
    );
  }

  nodeGetCPUMap(flags = 0): NodeCPUMap {
    const map: [bigint | null] = [null];
    const online: [number] = [0];
    const count = succeed(native.virNodeGetCPUMap(this.pointer, map, online, flags));
    try {
      return { present: count, online: online[0], map: readBytes(map[0], Math.ceil(count / 8)) };
    } finally {
      free(map[0]);
    }
  }

  /** @param cpuNum a CPU, or -1 for all together. */
  nodeGetCPUStats(cpuNum: number, flags = 0): NodeCounter[] {
    return readCounters((stats, count) =>
      native.virNodeGetCPUStats(this.pointer, cpuNum, stats, count, flags),
    );
  }

  /** @param cellNum a cell, or -1 for all together. */
  nodeGetMemoryStats(cellNum: number, flags = 0): NodeCounter[] {
    return readCounters((stats, count) =>
      native.virNodeGetMemoryStats(this.pointer, cellNum, stats, count, flags),
    );
  }

  nodeGetMemoryParameters(flags = 0): TypedParameter[] {
    return readSizedParameters((params, count) =>
      native.virNodeGetMemoryParameters(this.pointer, params, count, flags),
    );
  }

  nodeSetMemoryParameters(parameters: readonly TypedParameter[], flags = 0): void {
    withTypedParameters(parameters, (params, count) =>
      succeed(native.virNodeSetMemoryParameters(this.pointer, params, count, flags)),
    );
  }

  nodeGetSEVInfo(flags = 0): TypedParameter[] {
    const params: [bigint | null] = [null];
    const count: [number] = [0];
    succeed(native.virNodeGetSEVInfo(this.pointer, params, count, flags));
    return takeTypedParameters(params[0], count[0]);
  }

  nodeGetSecurityModel(): SecurityModel {
    const bytes = Buffer.alloc(koffi.sizeof(virSecurityModel));
    succeed(native.virNodeGetSecurityModel(this.pointer, bytes));
    const { model, doi } = koffi.decode(bytes, virSecurityModel);
    return { model, doi };
  }

  nodeSuspendForDuration(target: number, seconds: bigint, flags = 0): void {
    succeed(native.virNodeSuspendForDuration(this.pointer, target, seconds, flags));
  }

  isSecure(): boolean {
    return succeed(native.virConnectIsSecure(this.pointer)) === 1;
  }

  isEncrypted(): boolean {
    return succeed(native.virConnectIsEncrypted(this.pointer)) === 1;
  }
}
