import { anyPort } from './argv-deferred.js';
import { CHARACTER_OPTIONS, listens, parseCharacterDevice, vncAddress } from './argv-host-paths.js';
import {
  isOn,
  type Keys,
  lastOf,
  parseKeys,
  parseStructured,
  switchOf,
  type Tree,
  textOf,
} from './argv-keys.js';
import { type ArgvOption, showOption } from './argv-words.js';

/** Why a QEMU cannot be started with these options once more. */
export interface Refusal {
  /** The option as it stands on the command line, or the device. */
  readonly part: string;
  readonly reason: string;
}

const inherited = 'a file descriptor that only the program that started QEMU has';
const taken = 'the running QEMU has it, and two cannot';
const oneAtATime = 'the other end serves one QEMU at a time';
const sharedMemory = 'both would use the same memory (share=on)';
/** Reasons only while the first one runs. */
const BESIDES: readonly string[] = [taken, oneAtATime, sharedMemory];

/** Options that don't allow it whatever their value is. */
const NEVER: Readonly<Record<string, string>> = {
  'add-fd': inherited,
  nographic: 'QEMU is on a terminal',
  curses: 'QEMU is on a terminal',
  s: taken,
  snapshot: 'what the guest writes is in nameless temporary files',
  readconfig: 'a part of the configuration is in a file',
  chroot: 'QEMU sees other files than snapctl does',
  runas: 'QEMU was started as another user than it runs as',
  'run-with': 'QEMU was started as another user than it runs as',
  preconfig: 'the machine was set up over the monitor',
  tpmdev: taken,
  qtest: 'a test protocol drives QEMU',
  'xen-domid': 'the guest is a Xen domain',
  'dump-vmstate': 'QEMU would only print its state and end',
};

/**
 * Everything that stands against it; empty if nothing does.
 * @param alone whether the first one will have ended by then.
 */
export function findRefusals(options: readonly ArgvOption[], { alone = false } = {}): Refusal[] {
  return options.flatMap((option) => {
    const reason = reasonAgainst(option);
    if (reason === undefined || (alone && BESIDES.some((each) => reason.startsWith(each)))) return [];
    return [{ part: showOption(option), reason }];
  });
}

function reasonAgainst({ name, value = '' }: ArgvOption): string | undefined {
  const never = NEVER[name];
  if (never !== undefined) return never;
  if (value.includes('/dev/fdset/')) return inherited;
  if (CHARACTER_OPTIONS.has(name)) return againstCharacterDevice(value);
  switch (name) {
    case 'chardev':
      return againstChardev(parseKeys(value, 'backend'));
    case 'netdev':
    case 'nic':
    case 'net':
      return againstNetwork(value, name);
    case 'device':
      return againstDevice(parseStructured(value, 'driver').tree);
    case 'object':
      return againstObject(parseStructured(value, 'qom-type').tree);
    case 'drive':
      return switchOf(parseKeys(value), 'snapshot')
        ? 'what the guest writes is in a nameless temporary file'
        : undefined;
    case 'spice':
      return againstSpice(parseKeys(value));
    case 'vnc':
    case 'display':
      return againstDisplay(name, value);
    default:
      return undefined;
  }
}

function againstCharacterDevice(value: string): string | undefined {
  const { kind, rest } = parseCharacterDevice(value);
  switch (kind) {
    case 'none':
    case 'null':
    case 'vc':
    case 'file':
    case 'chardev':
    case 'msmouse':
    case 'ringbuf':
      return undefined;
    case 'unix':
      return againstSocket(parseKeys(rest, 'path'));
    case 'stdio':
      return 'QEMU is on a terminal';
    case 'pty':
      return 'the terminal would be another one';
    case 'fdset':
      return inherited;
    default:
      return taken;
  }
}

function againstChardev(keys: Keys): string | undefined {
  switch (lastOf(keys, 'backend')) {
    case 'socket':
      return againstSocket(keys);
    case 'stdio':
      return 'QEMU is on a terminal';
    case 'pty':
      return 'the terminal would be another one';
    case 'udp':
    case 'pipe':
    case 'serial':
    case 'tty':
    case 'parallel':
    case 'parport':
    case 'braille':
      return taken;
    default:
      return undefined;
  }
}

function againstSocket(keys: Keys): string | undefined {
  if (lastOf(keys, 'fd') !== undefined) return inherited;
  if (lastOf(keys, 'path') === undefined) return taken;
  if (switchOf(keys, 'abstract')) return taken;
  return listens(keys) ? undefined : oneAtATime;
}

const DESCRIPTORS = ['fd', 'fds', 'vhostfd', 'vhostfds', 'sock_fd'];

function againstNetwork(value: string, option: string): string | undefined {
  const { tree } = parseStructured(value, 'type');
  if (DESCRIPTORS.some((key) => tree[key] !== undefined)) return inherited;
  switch (textOf(tree, 'type', 'model')) {
    case 'none':
    case 'hubport':
    case 'nic':
    case 'bridge':
      return undefined;
    case 'user':
      return againstUserNet(value);
    case 'tap':
      return tree.ifname === undefined ? undefined : `${taken}: network interface ${tree.ifname}`;
    default:
      return option === 'net' && textOf(tree, 'type') === undefined ? undefined : taken;
  }
}

/** Ports that could be opened later are on the command line no more (see argv-deferred.ts). */
function againstUserNet(value: string): string | undefined {
  const rules = value.startsWith('{')
    ? (/"hostfwd":(\[[^\]]*\])/.exec(value) ?? [])
    : parseKeys(value, 'type').flatMap(([key, rule = '']) => (key === 'hostfwd' ? [rule] : []));
  return rules.every(anyPort) ? undefined : `${taken}: the forwarded port`;
}

function againstDevice(tree: Tree): string | undefined {
  const driver = textOf(tree, 'driver') ?? '';
  if (DESCRIPTORS.some((key) => tree[key] !== undefined)) return inherited;
  if (
    /^vfio|^usb-host|^ivshmem|^vhost|vhost-user|^pci-assign|^scsi-generic|^scsi-block|^usb-redir|^ccid-card/.test(
      driver,
    )
  )
    return taken;
  return undefined;
}

function againstObject(tree: Tree): string | undefined {
  const type = textOf(tree, 'qom-type') ?? '';
  if (DESCRIPTORS.some((key) => tree[key] !== undefined)) return inherited;
  if (type === 'memory-backend-shm') return taken;
  // A private mapping is nobody else's; one that is shared would be the same memory for both.
  if (type === 'memory-backend-file' && isOn(tree.share)) return sharedMemory;
  if (/^input-|^can-host|^x-remote|^x-vfio|^filter-|^colo-/.test(type)) return taken;
  return undefined;
}

function againstSpice(keys: Keys): string | undefined {
  if (switchOf(keys, 'unix')) return undefined;
  return lastOf(keys, 'port', 'tls-port') === undefined ? undefined : taken;
}

function againstDisplay(name: string, value: string): string | undefined {
  const keys = parseKeys(value, name === 'vnc' ? 'vnc' : 'type');
  const type = lastOf(keys, 'type');
  if (type === 'curses') return 'QEMU is on a terminal';
  if (type === 'dbus') return taken;
  const address = vncAddress(name, value);
  if (address === undefined || address === 'none' || address.startsWith('unix:')) return undefined;
  return lastOf(keys, 'to') === undefined ? taken : undefined;
}
