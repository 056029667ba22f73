import { dirname, join } from 'node:path';
import { DOMParser, type Element } from '@xmldom/xmldom';
import { isEmulated, lostByPreCopy, versionOf } from '../snapshot/lost-writes.js';
import { foldersOf } from './chain-findings.js';
import type { ExaminedDomain } from './examined-domain.js';
import { type Finding, word, words } from './finding.js';

/** What has to be known of the machine and the hypervisor. */
export interface Surroundings {
  readonly uri: string;
  /** libvirt's, as 1000000 * major + 1000 * minor + micro; undefined where there is none between. */
  readonly libvirt: number | undefined;
  /** Of the hypervisor that libvirt starts, counted alike; undefined where there is no libvirt between. */
  readonly hypervisor: number | undefined;
  /** The security label of QEMU's process as the kernel tells it, or as libvirt does; undefined if it has none. */
  readonly label: string | undefined;
  /** SELinux denies what it does not allow, rather than only writing it down. */
  readonly enforcing: boolean;
}

const AGENT_PORT = 'org.qemu.guest_agent.0';

/** What stands in the way of a guest's snapshots besides its images. */
export const guestFindings = (domain: ExaminedDomain, around: Surroundings): Finding[] => [
  ...agentFindings(domain, around),
  ...versionFindings(domain, around),
  ...confinementFindings(domain, around),
];

function agentFindings(domain: ExaminedDomain, { uri }: Surroundings): Finding[] {
  const about = { severity: 'note', domain: domain.name, file: undefined } as const;
  const state = domain.facts?.agent ?? describedAgent(domain);
  if (state === 'none') {
    return [
      {
        ...about,
        code: 'no-agent-port',
        message:
          'there is no port for a guest agent: file systems cannot be frozen for a snapshot (--quiesce)',
        command: domain.facts ? plugAgent(domain, uri) : attachAgent(domain, uri),
      },
    ];
  }
  if (state !== 'silent') return [];
  const message =
    'no guest agent listens in the guest: file systems cannot be frozen for a snapshot (--quiesce)';
  // Nothing outside the guest can start it.
  return [
    {
      ...about,
      code: 'agent-silent',
      message,
      command: 'systemctl enable --now qemu-guest-agent  # in the guest',
    },
  ];
}

function attachAgent({ name, running }: ExaminedDomain, uri: string): string {
  const xml = `<channel type="unix"><target type="virtio" name="${AGENT_PORT}"/></channel>`;
  const scope = running ? ['--live', '--config'] : ['--config'];
  return `printf %s ${word(xml)} | ${words('snapctl', '-c', uri, 'attach-device', name, '/dev/stdin', ...scope)}`;
}

/** Three commands, for a machine that devices can be plugged into. */
function plugAgent({ name, facts, disks }: ExaminedDomain, uri: string): string {
  const folder = dirname(
    disks.flatMap(({ images }) => images.map(({ file }) => file))[0] ?? facts?.stateFolder ?? '/run/x',
  );
  const addr = { type: 'unix', data: { path: join(folder, `${name.replace(/[^\w.-]/g, '-')}.agent`) } };
  const backend = { type: 'socket', data: { addr, server: true, wait: false } };
  const calls = [
    { execute: 'device_add', arguments: { driver: 'virtio-serial-pci', id: 'agent-bus' } },
    { execute: 'chardev-add', arguments: { id: 'agent-socket', backend } },
    {
      execute: 'device_add',
      arguments: {
        driver: 'virtserialport',
        id: 'agent-port',
        bus: 'agent-bus.0',
        chardev: 'agent-socket',
        name: AGENT_PORT,
      },
    },
  ];
  return calls
    .map((call) => words('snapctl', '-c', uri, 'qemu-monitor-command', name, JSON.stringify(call)))
    .join(' && ');
}

function describedAgent({ descriptions, running }: ExaminedDomain): 'none' | 'silent' | 'open' {
  const target = elementsOf(descriptions[0] ?? '', 'target').find(
    (each) => each.getAttribute('name') === AGENT_PORT && each.parentNode?.nodeName === 'channel',
  );
  if (!target) return 'none';
  return running && target.getAttribute('state') === 'disconnected' ? 'silent' : 'open';
}

const elementsOf = (xml: string, name: string): Element[] =>
  Array.from(
    new DOMParser({ onError: () => undefined }).parseFromString(xml, 'text/xml').getElementsByTagName(name),
  );

/** Bugs that snapshots meet, found by running these versions. */
function versionFindings(domain: ExaminedDomain, around: Surroundings): Finding[] {
  const { uri, libvirt, hypervisor } = around;
  const about = { severity: 'note', code: 'known-bug', domain: domain.name, file: undefined } as const;
  const findings: Finding[] = [];
  const { facts, name } = domain;
  const [image] = domain.disks.flatMap(({ images }) => images.map(({ file }) => file));
  const memory = ['--memspec', `${join(dirname(image ?? '/x'), name)}.mem`];
  if (facts) {
    const { major, minor, micro } = facts.qemuVersion;
    if (major < 8 || (major === 8 && minor < 1)) {
      findings.push({
        ...about,
        message: `QEMU ${major}.${minor}.${micro} hangs its guest if a background snapshot's reader goes away (mended in 8.1): snapctl keeps reading to the end, and "snapctl recover" frees a guest that hangs; pre-copy avoids it`,
        command: words(
          ...['snapctl', '-c', uri, 'snapshot-create-as', name, '--live', '--method', 'precopy'],
          ...memory,
        ),
      });
    }
  }
  const emulated = isEmulated(domain.descriptions[0] ?? '');
  const lost = hypervisor === undefined ? undefined : lostByPreCopy(versionOf(hypervisor), emulated);
  if (lost) {
    findings.push({
      ...about,
      message: `${lost}, as libvirt does for snapshots with memory and --live: such images are often not of one instant`,
      command: words('snapctl', '-c', uri, 'snapshot-create-as', name, ...memory),
    });
  }
  if (libvirt !== undefined && Math.floor(libvirt / 1000) === 9000) {
    const saved = domain.snapshots.some(({ description }) => description.memory?.snapshot === 'external');
    if (saved) {
      findings.push({
        ...about,
        message: 'libvirt 9.0 leaves the saved memory of a snapshot that is deleted',
        command: words('snapctl', '-c', uri, 'gc', name, '--dry-run'),
      });
    }
  }
  return findings;
}

function confinementFindings(domain: ExaminedDomain, { label, enforcing }: Surroundings): Finding[] {
  if (label === undefined) return [];
  const folders = [...foldersOf(domain)];
  const about = { severity: 'warning', code: 'confined', domain: domain.name, file: undefined } as const;
  // A bare QEMU's new images are made by snapctl: nobody tells the security module of them. libvirt does.
  if (!domain.facts) return [];
  const apparmor = /^(\S+) \((enforce|kill)\)$/.exec(label);
  if (apparmor?.[1]) {
    const rules = folders.map((folder) => `  "${folder}/**" rwk,`).join('\n');
    return [
      {
        ...about,
        message: `AppArmor confines QEMU to profile '${apparmor[1]}': it may be denied the images of a new snapshot`,
        command: apparmor[1].startsWith('libvirt-')
          ? `printf '%s\\n' ${word(rules)} >> /etc/apparmor.d/local/abstractions/libvirt-qemu && ${words('apparmor_parser', '-r', `/etc/apparmor.d/libvirt/${apparmor[1]}`)}`
          : words('aa-complain', apparmor[1]),
      },
    ];
  }
  const type = /^[^:]+:[^:]+:([^:]+):/.exec(label)?.[1];
  if (type === undefined || type === 'unconfined_t' || !enforcing) return [];
  return [
    {
      ...about,
      message: `SELinux confines QEMU to ${type}: it may be denied the images of a new snapshot`,
      command: folders
        .map(
          (folder) =>
            `semanage fcontext -a -t svirt_image_t ${word(`${folder}(/.*)?`)} && ${words('restorecon', '-R', folder)}`,
        )
        .join(' && '),
    },
  ];
}
