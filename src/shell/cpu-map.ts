/** Whether a CPU is in a map of one bit per CPU, lowest bit of the first byte first. */
export const cpuInMap = (map: Uint8Array, cpu: number): boolean =>
  ((map[cpu >> 3] ?? 0) & (1 << (cpu & 7))) !== 0;

/** The CPUs of a map. */
export function cpusOfMap(map: Uint8Array): number[] {
  const cpus: number[] = [];
  for (let cpu = 0; cpu < map.length * 8; cpu += 1) if (cpuInMap(map, cpu)) cpus.push(cpu);
  return cpus;
}

/** The CPUs of a map in words: `0-3,8,10-11`; empty for none. */
export function cpuRanges(map: Uint8Array): string {
  const ranges: [number, number][] = [];
  for (const cpu of cpusOfMap(map)) {
    const last = ranges.at(-1);
    if (last && last[1] === cpu - 1) last[1] = cpu;
    else ranges.push([cpu, cpu]);
  }
  return ranges.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(',');
}
