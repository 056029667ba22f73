import { readFile } from 'node:fs/promises';
import type { NodeCPUMap } from '../../hypervisor/host.js';

/** The numbers in a list like `0-3,8`. */
export function numbersIn(list: string): number[] {
  return list
    .trim()
    .split(',')
    .filter((part) => part !== '')
    .flatMap((part) => {
      const [first = 0, last = first] = part.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, index) => first + index);
    });
}

/** One bit for each number, lowest bit first. @param length in bytes; numbers beyond it are left out */
export function bitmapOf(numbers: readonly number[], length: number): Uint8Array {
  const map = new Uint8Array(length);
  for (const number of numbers) {
    if (number >> 3 < length) map[number >> 3] = (map[number >> 3] ?? 0) | (1 << (number & 7));
  }
  return map;
}

/** The CPUs of this host, as Linux tells of them. */
export async function hostCpuMap(): Promise<NodeCPUMap> {
  const list = async (name: string): Promise<number[]> =>
    numbersIn(await readFile(`/sys/devices/system/cpu/${name}`, 'utf8'));
  const [present, online] = [await list('present'), await list('online')];
  const count = Math.max(...present) + 1;
  return { present: count, online: online.length, map: bitmapOf(online, Math.ceil(count / 8)) };
}

/** Which of the host's CPUs a thread may run on. @param length of the map, in bytes */
export async function threadAffinity(pid: number, thread: number, length: number): Promise<Uint8Array> {
  const status = await readFile(`/proc/${pid}/task/${thread}/status`, 'utf8');
  return bitmapOf(numbersIn(/^Cpus_allowed_list:\s*(\S*)$/m.exec(status)?.[1] ?? ''), length);
}
