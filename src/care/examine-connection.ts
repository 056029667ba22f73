import type { Connection } from '../hypervisor/index.js';
import { examineDomain } from './examine-domain.js';
import type { ExaminedDomain } from './examined-domain.js';

/** Looks at every domain of a connection; those that can't be asked are told apart. */
export async function examineConnection(connection: Connection): Promise<{
  readonly domains: readonly ExaminedDomain[];
  readonly failures: readonly { readonly name: string; readonly error: Error }[];
}> {
  const domains: ExaminedDomain[] = [];
  const failures: { name: string; error: Error }[] = [];
  for (const domain of await connection.listAllDomains(0)) {
    try {
      domains.push(await examineDomain(domain));
    } catch (error) {
      failures.push({ name: domain.name, error: error as Error });
    }
  }
  return { domains, failures };
}
