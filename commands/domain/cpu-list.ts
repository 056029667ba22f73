import type { Connection } from '../../src/hypervisor/index.js';
import { CommandError, parseWhole } from '../../src/shell/index.js';

/** libvirt's limit for CPUs in a list. */
const MAX_CPU = 1024;

/** How many CPUs the host has at most. */
export async function countHostCpus(connection: Connection): Promise<number> {
  try {
    return (await connection.nodeGetCPUMap()).present;
  } catch {
    const { nodes, sockets, cores, threads } = await connection.nodeGetInfo();
    return nodes * sockets * cores * threads;
  }
}

/**
 * The map of host CPUs that a list names: `0-3,^2,8`, or `r` for all.
 * @throws CommandError in virsh's words.
 */
export function cpuMapOf(list: string, hostCpus: number): Uint8Array {
  const cpus = list === 'r' ? Array.from({ length: hostCpus }, (_, cpu) => cpu) : parseCpuList(list);
  const last = Math.max(...cpus);
  if (last >= hostCpus) {
    throw new CommandError(`CPU ${last} in cpulist '${list}' exceed the maxcpu ${hostCpus}`);
  }
  const map = new Uint8Array(Math.ceil(hostCpus / 8));
  for (const cpu of cpus) map[cpu >> 3] = (map[cpu >> 3] ?? 0) | (1 << (cpu & 7));
  return map;
}

function parseCpuList(list: string): number[] {
  const cpus = new Set<number>();
  for (const element of list.split(',')) {
    const match = /^\s*(\^)?\s*(\d+)\s*(?:-\s*(\d+)\s*)?$/.exec(element);
    const first = Number(parseWhole(match?.[2] ?? '') ?? Number.NaN);
    const last = match?.[3] === undefined ? first : Number(match[3]);
    const range = !match?.[1];
    if (!match || last < first || last >= MAX_CPU || (!range && match[3] !== undefined)) {
      throw invalid(list, new Error(`invalid argument: Failed to parse bitmap '${list}'`));
    }
    for (let cpu = first; cpu <= last; cpu += 1) {
      if (range) cpus.add(cpu);
      else cpus.delete(cpu);
    }
  }
  if (cpus.size === 0) throw invalid(list);
  return [...cpus].sort((a, b) => a - b);
}

const invalid = (list: string, cause?: Error): CommandError =>
  new CommandError(`Invalid cpulist '${list}'`, cause);
