import type { Completer, CompletionRequest } from './completer.js';
import { attribute, children, parseXml } from './xml.js';

async function hostElement(request: CompletionRequest): Promise<Element | null> {
  const document = await parseXml(await (await request.connection()).getCapabilities());
  return children(document.documentElement, 'host')[0] ?? null;
}

function cellsOf(host: Element | null): Element[] {
  return children(host, 'topology')
    .flatMap((topology) => children(topology, 'cells'))
    .flatMap((cells) => children(cells, 'cell'));
}

/** NUMA cells of the host. */
export const numaCell: Completer = async (request) =>
  cellsOf(await hostElement(request)).map((cell) => ({ text: attribute(cell, 'id') }));

/** Sizes of memory pages that the host has; of one NUMA cell where the line names it. */
export const pageSize: Completer = async (request) => {
  const host = await hostElement(request);
  const [cellno] = request.given('cellno');
  const [holder] =
    cellno === undefined
      ? children(host, 'cpu')
      : cellsOf(host).filter((cell) => attribute(cell, 'id') === cellno);
  if (!holder) return [];
  return children(holder, 'pages').map((pages) => ({
    text: inLargestUnit(Number(attribute(pages, 'size'))),
  }));
};

/** A size in KiB, in the largest binary unit in which it is at least one. */
function inLargestUnit(kib: number): string {
  const units = ['KiB', 'MiB', 'GiB', 'TiB'];
  let size = kib;
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${Math.round(size)}${units[unit]}`;
}

/** Numbers of the host's CPUs that are online. */
export const hostCPU: Completer = async ({ connection }) => {
  const { map, present } = await (await connection()).nodeGetCPUMap(0);
  const candidates = [];
  for (let cpu = 0; cpu < present; cpu++) {
    if (((map[cpu >> 3] ?? 0) >> (cpu & 7)) & 1) candidates.push({ text: String(cpu) });
  }
  return candidates;
};
