import type { Domain } from '../../src/hypervisor/index.js';
import type { Context } from '../../src/shell/index.js';

/** Makes the checkpoint that some XML asks for. @param file where the XML was read from, if from a file. */
export async function createCheckpoint(
  context: Context,
  domain: Domain,
  xml: string,
  flags: number,
  file?: string,
): Promise<void> {
  const { name } = await domain.checkpointCreateXML(xml, flags);
  context.emit({ name, domain: domain.name });
  const from = file === undefined ? '' : ` from '${file}'`;
  context.output.extra(`Domain checkpoint ${name} created${from}`);
}
