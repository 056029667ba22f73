import type { Domain } from '../../src/hypervisor/index.js';
import { type Context, runDomainJob } from '../../src/shell/index.js';
import { createWithFallbacks } from './create-with-fallbacks.js';

export async function createSnapshot(
  context: Context,
  domain: Domain,
  xml: string,
  flags: number,
  file?: string,
): Promise<void> {
  const { value: snapshot } = await runDomainJob(context, domain, () =>
    createWithFallbacks(domain, xml, flags, file === undefined),
  );
  const from = file === undefined ? '' : ` from '${file}'`;
  context.output.extra(`Domain snapshot ${snapshot.name} created${from}`);
}
