import {
  VIR_CONNECT_LIST_DOMAINS_HAS_SNAPSHOT,
  VIR_CONNECT_LIST_DOMAINS_INACTIVE,
  VIR_ERR_NO_DOMAIN,
} from '../../../src/hypervisor/constants.js';
import { type Connection, type Domain, HypervisorError } from '../../../src/hypervisor/index.js';

const UUID = '6695eb01-f6a4-8304-79aa-97f2502e193f';

const xml = `<domain><devices>
  <disk><source file='/images/web.qcow2'/><target dev='vda'/></disk>
  <disk><target dev='vdb'/></disk>
  <interface><mac address='52:54:00:00:00:01'/><target dev='vnet0'/></interface>
  <interface><mac address='52:54:00:00:00:02'/></interface>
</devices></domain>`;

const domain = (name: string, state: number, snapshots: string[] = []): Domain =>
  ({
    name,
    uuid: UUID,
    getState: async () => ({ state, reason: 0 }),
    getXMLDesc: async () => xml,
    listAllSnapshots: async () => snapshots.map((snapshot) => ({ name: snapshot })),
    getFSInfo: async () => [{ mountpoint: '/', name: 'vda1', fstype: 'ext4', devAlias: ['vda'] }],
  }) as unknown as Domain;

const web = domain('web', 1, ['monday', 'friday']);
const mail = domain('mail server', 5);

const missing = async (): Promise<never> => {
  throw new HypervisorError('Domain not found', { code: VIR_ERR_NO_DOMAIN });
};

/** Two domains: web runs and has snapshots, "mail server" is shut off. Counts how often it was connected to. */
export function fakeHypervisor() {
  let connections = 0;
  const listAllDomains = async (flags: number) => {
    if (flags & VIR_CONNECT_LIST_DOMAINS_INACTIVE) return [mail];
    if (flags & VIR_CONNECT_LIST_DOMAINS_HAS_SNAPSHOT) return [web];
    return [web, mail];
  };
  const connection = {
    listAllDomains,
    listAllDomainNames: async (flags: number) => (await listAllDomains(flags)).map(({ name }) => name),
    domainLookupByName: async (name: string) => [web, mail].find((each) => each.name === name) ?? missing(),
    domainLookupByUUIDString: async (uuid: string) => (uuid === UUID ? web : missing()),
    domainLookupByID: async (id: number) => (id === 1 ? web : missing()),
  } as unknown as Connection;
  return {
    connect: async () => {
      connections += 1;
      return connection;
    },
    connections: () => connections,
  };
}
