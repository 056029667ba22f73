import { AgentCommandFailure, type GuestAgent } from '../../agent/index.js';
import type { DomainAgent } from '../../hypervisor/agent.js';
import {
  VIR_DOMAIN_AUTHORIZED_SSH_KEYS_SET_APPEND,
  VIR_DOMAIN_AUTHORIZED_SSH_KEYS_SET_REMOVE,
  VIR_DOMAIN_GUEST_INFO_DISKS,
  VIR_DOMAIN_GUEST_INFO_FILESYSTEM,
  VIR_DOMAIN_GUEST_INFO_HOSTNAME,
  VIR_DOMAIN_GUEST_INFO_INTERFACES,
  VIR_DOMAIN_GUEST_INFO_OS,
  VIR_DOMAIN_GUEST_INFO_TIMEZONE,
  VIR_DOMAIN_GUEST_INFO_USERS,
  VIR_DOMAIN_PASSWORD_ENCRYPTED,
} from '../../hypervisor/constants.js';
import type { TypedParameter } from '../../hypervisor/typed-parameter.js';
import { askAgent } from './agent.js';
import { expectList, expectObject } from './agent-answers.js';
import type { BareDomain } from './bare-domain.js';
import { describeGuestCpus, switchGuestCpus } from './guest-cpus.js';

type GuestFacts = Pick<
  DomainAgent,
  | 'getGuestInfo'
  | 'setUserPassword'
  | 'authorizedSSHKeysGet'
  | 'authorizedSSHKeysSet'
  | 'getGuestVcpus'
  | 'setGuestVcpus'
>;

/** What the agent knows of the system in the guest and its users. */
export function guestFacts(domain: BareDomain): GuestFacts {
  return {
    getGuestInfo: (types) => askAgent(domain, (agent) => guestInfo(agent, types)),
    getGuestVcpus: () => describeGuestCpus(domain),
    setGuestVcpus: (cpumap, state) => switchGuestCpus(domain, cpumap, state),
    async setUserPassword(username, password, flags = 0) {
      await askAgent(domain, (agent) =>
        agent.execute('guest-set-user-password', {
          username,
          password: Buffer.from(password).toString('base64'),
          crypted: (flags & VIR_DOMAIN_PASSWORD_ENCRYPTED) !== 0,
        }),
      );
    },
    async authorizedSSHKeysGet(username) {
      const answer = await askAgent(domain, (agent) =>
        agent.execute('guest-ssh-get-authorized-keys', { username }),
      );
      return expectList(expectObject(answer).keys).map(String);
    },
    async authorizedSSHKeysSet(username, keys, flags = 0) {
      await askAgent(domain, (agent) =>
        (flags & VIR_DOMAIN_AUTHORIZED_SSH_KEYS_SET_REMOVE) !== 0
          ? agent.execute('guest-ssh-remove-authorized-keys', { username, keys })
          : agent.execute('guest-ssh-add-authorized-keys', {
              username,
              keys,
              reset: (flags & VIR_DOMAIN_AUTHORIZED_SSH_KEYS_SET_APPEND) === 0,
            }),
      );
    },
  };
}

/** Turns an agent's answer into parameters of libvirt's names. */
type Describe = (answer: unknown) => TypedParameter[];

/** In libvirt's order. */
const questions: readonly (readonly [type: number, command: string, describe: Describe])[] = [
  [VIR_DOMAIN_GUEST_INFO_USERS, 'guest-get-users', describeUsers],
  [VIR_DOMAIN_GUEST_INFO_OS, 'guest-get-osinfo', describeSystem],
  [VIR_DOMAIN_GUEST_INFO_TIMEZONE, 'guest-get-timezone', describeTimezone],
  [VIR_DOMAIN_GUEST_INFO_HOSTNAME, 'guest-get-host-name', describeHostname],
  [VIR_DOMAIN_GUEST_INFO_FILESYSTEM, 'guest-get-fsinfo', describeFileSystems],
  [VIR_DOMAIN_GUEST_INFO_DISKS, 'guest-get-disks', describeDisks],
  [VIR_DOMAIN_GUEST_INFO_INTERFACES, 'guest-network-get-interfaces', describeInterfaces],
];

/** @param types bits of VIR_DOMAIN_GUEST_INFO_*; 0: all that this agent knows */
async function guestInfo(agent: GuestAgent, types: number): Promise<TypedParameter[]> {
  const parameters: TypedParameter[] = [];
  for (const [type, command, describe] of questions) {
    if (types !== 0 && (types & type) === 0) continue;
    try {
      parameters.push(...describe(await agent.execute(command)));
    } catch (error) {
      const unknown = error instanceof AgentCommandFailure && unsupported.has(error.errorClass);
      if (types !== 0 || !unknown) throw error;
    }
  }
  return parameters;
}

/** A command that the agent does not have, or may not run. */
const unsupported: ReadonlySet<string> = new Set(['CommandNotFound', 'CommandDisabled', 'Unsupported']);

const text = (field: string, value: unknown): TypedParameter[] =>
  typeof value === 'string' ? [{ field, type: 'string', value }] : [];
const count = (field: string, list: readonly unknown[]): TypedParameter => ({
  field: `${field}.count`,
  type: 'uint',
  value: list.length,
});
const amount = (field: string, value: unknown): TypedParameter[] =>
  typeof value === 'number' && value >= 0
    ? [{ field, type: 'ullong', value: BigInt(Math.round(value)) }]
    : [];

/** `NAME.count`, then the parameters of each entry. */
function listed(
  field: string,
  value: unknown,
  describe: (entry: Record<string, unknown>, prefix: string) => TypedParameter[],
): TypedParameter[] {
  const list = expectList(value ?? []);
  return [
    count(field, list),
    ...list.flatMap((entry, index) => describe(expectObject(entry), `${field}.${index}`)),
  ];
}

function describeUsers(answer: unknown): TypedParameter[] {
  return listed('user', answer, (user, prefix) => [
    ...text(`${prefix}.name`, user.user),
    ...text(`${prefix}.domain`, user.domain),
    // Seconds there, milliseconds here.
    ...amount(`${prefix}.login-time`, Number(user['login-time']) * 1000),
  ]);
}

const systemFields = [
  'id',
  'name',
  'pretty-name',
  'version',
  'version-id',
  'machine',
  'variant',
  'variant-id',
  'kernel-release',
  'kernel-version',
] as const;

function describeSystem(answer: unknown): TypedParameter[] {
  const system = expectObject(answer);
  return systemFields.flatMap((field) => text(`os.${field}`, system[field]));
}

function describeTimezone(answer: unknown): TypedParameter[] {
  const { zone, offset } = expectObject(answer);
  return [...text('timezone.name', zone), { field: 'timezone.offset', type: 'int', value: Number(offset) }];
}

function describeHostname(answer: unknown): TypedParameter[] {
  return text('hostname', expectObject(answer)['host-name']);
}

function describeFileSystems(answer: unknown): TypedParameter[] {
  return listed('fs', answer, (system, prefix) => [
    ...text(`${prefix}.name`, system.name),
    ...text(`${prefix}.mountpoint`, system.mountpoint),
    ...text(`${prefix}.fstype`, system.type),
    ...amount(`${prefix}.total-bytes`, system['total-bytes']),
    ...amount(`${prefix}.used-bytes`, system['used-bytes']),
    ...listed(`${prefix}.disk`, system.disk, (disk, each) => [
      ...text(`${each}.serial`, disk.serial),
      ...text(`${each}.device`, disk.dev),
    ]),
  ]);
}

function describeDisks(answer: unknown): TypedParameter[] {
  return listed('disk', answer, (disk, prefix) => {
    const dependencies = expectList(disk.dependencies ?? []);
    const address = disk.address === undefined ? {} : expectObject(disk.address);
    return [
      ...text(`${prefix}.name`, disk.name),
      { field: `${prefix}.partition`, type: 'boolean', value: disk.partition === true },
      ...(dependencies.length > 0 ? [count(`${prefix}.dependency`, dependencies)] : []),
      ...dependencies.flatMap((name, index) => text(`${prefix}.dependency.${index}.name`, name)),
      ...text(`${prefix}.serial`, address.serial),
      ...text(`${prefix}.guest_alias`, disk.alias),
      ...text(`${prefix}.guest_bus`, address['bus-type']),
    ];
  });
}

function describeInterfaces(answer: unknown): TypedParameter[] {
  return listed('if', answer, (card, prefix) => [
    ...text(`${prefix}.name`, card.name),
    ...text(`${prefix}.hwaddr`, card['hardware-address']),
    ...listed(`${prefix}.addr`, card['ip-addresses'], (address, each) => [
      ...text(`${each}.type`, address['ip-address-type']),
      ...text(`${each}.addr`, address['ip-address']),
      { field: `${each}.prefix`, type: 'uint', value: Number(address.prefix) },
    ]),
  ]);
}
