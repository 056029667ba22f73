import type { Connection } from '../hypervisor/index.js';
import type { Candidate } from './candidate.js';
import type { Completer } from './completer.js';

/** Names of all things that a connection lists, in order, with a word about each where there is one. */
const listed =
  (list: (connection: Connection) => Promise<readonly Candidate[]>): Completer =>
  async ({ connection }) => {
    const found = [...(await list(await connection()))];
    return found.sort((a, b) => (a.text < b.text ? -1 : 1));
  };

const named = ({ name }: { readonly name: string }): Candidate => ({ text: name });

/** The pool that the line names, under whatever option the command has for it. */
const volume: Completer = async (request) => {
  const connection = await request.connection();
  const [pool] = [...request.given('pool'), ...request.given('inputpool')];
  const pools =
    pool === undefined
      ? await connection.listAllStoragePools()
      : [await connection.storagePoolLookupByName(pool)];
  const candidates: Candidate[] = [];
  for (const each of pools) {
    for (const found of await each.listAllVolumes().catch(() => [])) {
      // Without its pool a volume is found by its key alone.
      candidates.push(pool === undefined ? { text: found.key, help: each.name } : { text: found.name });
    }
  }
  return candidates;
};

const networkPort: Completer = async (request) => {
  const [name = ''] = request.given('network');
  const network = await (await request.connection()).networkLookupByName(name);
  return (await network.listAllPorts()).map(({ uuid }) => ({ text: uuid }));
};

/** Completers of everything beside domains. */
export const objectCompleters = {
  network: listed(async (connection) => (await connection.listAllNetworks()).map(named)),
  'network-port': networkPort,
  'storage-pool': listed(async (connection) => (await connection.listAllStoragePools()).map(named)),
  volume,
  'host-interface': listed(async (connection) =>
    (await connection.listAllInterfaces()).map(({ name, mac }) => ({ text: name, help: mac })),
  ),
  'node-device': listed(async (connection) => (await connection.listAllNodeDevices()).map(named)),
  secret: listed(async (connection) =>
    (await connection.listAllSecrets()).map(({ uuid }) => ({ text: uuid })),
  ),
  'network-filter': listed(async (connection) => (await connection.listAllNWFilters()).map(named)),
  'filter-binding': listed(async (connection) =>
    (await connection.listAllNWFilterBindings()).map(({ portDev, filterName }) => ({
      text: portDev,
      help: filterName,
    })),
  ),
} as const satisfies Record<string, Completer>;
