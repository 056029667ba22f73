import type { Element } from '@xmldom/xmldom';
import type { Connection } from '../../src/hypervisor/index.js';
import { attributeAt, CommandError, elementsAt, orFail, parseXml } from '../../src/shell/index.js';

export interface NumaCell {
  readonly id: number;
  readonly element: Element;
}

/** The host's capabilities document. @throws CommandError it can't be had. */
export async function hostCapabilities(connection: Connection): Promise<Element> {
  const failure = 'unable to get node capabilities';
  const xml = await orFail(failure, connection.getCapabilities());
  return orFail(failure, parseXml(xml));
}

/** The NUMA cells in a capabilities document, in its order. */
export function cellsOf(capabilities: Element): NumaCell[] {
  return elementsAt(capabilities, 'host', 'topology', 'cells', 'cell').map((element) => {
    const id = attributeAt(element, [], 'id') ?? '';
    if (!/^\d+$/.test(id)) throw new CommandError('conversion from string failed');
    return { id: Number(id), element };
  });
}

export const numaCells = async (connection: Connection): Promise<NumaCell[]> =>
  cellsOf(await hostCapabilities(connection));
