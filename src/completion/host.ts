import type { Element } from '@xmldom/xmldom';
import { attributeAt, cpusOfMap, elementsAt, parseXml, prettyCapacity } from '../shell/index.js';
import type { Completer, CompletionRequest } from './completer.js';

const capabilities = async (request: CompletionRequest): Promise<Element> =>
  parseXml(await (await request.connection()).getCapabilities());

const cellsOf = (root: Element): Element[] => elementsAt(root, 'host', 'topology', 'cells', 'cell');

const idOf = (element: Element): string => attributeAt(element, [], 'id') ?? '';

/** NUMA cells of the host. */
export const numaCell: Completer = async (request) =>
  cellsOf(await capabilities(request)).map((cell) => ({ text: idOf(cell) }));

/** Sizes of memory pages that the host has; of one NUMA cell where the line names it. */
export const pageSize: Completer = async (request) => {
  const root = await capabilities(request);
  const [cellno] = request.given('cellno');
  const holders =
    cellno === undefined
      ? elementsAt(root, 'host', 'cpu')
      : cellsOf(root).filter((cell) => idOf(cell) === cellno);
  return holders.flatMap((holder) =>
    elementsAt(holder, 'pages').map((pages) => {
      const kib = BigInt(attributeAt(pages, [], 'size') ?? '0');
      const { value, unit } = prettyCapacity(kib * 1024n);
      return { text: `${Math.round(Number(value))}${unit}` };
    }),
  );
};

/** Numbers of all of the host's CPUs, online or not: what a guest's may be bound to. */
export const anyHostCPU: Completer = async ({ connection }) => {
  const { present } = await (await connection()).nodeGetCPUMap(0);
  return Array.from({ length: present }, (_, cpu) => ({ text: String(cpu) }));
};

/** Numbers of the host's CPUs that are online. */
export const hostCPU: Completer = async ({ connection }) => {
  const { map } = await (await connection()).nodeGetCPUMap(0);
  return cpusOfMap(map).map((cpu) => ({ text: String(cpu) }));
};
