import { CHARACTER_OPTIONS, listens, parseCharacterDevice, vncAddress } from './argv-host-paths.js';
import {
  formatKeys,
  formatStructured,
  isTree,
  type Keys,
  lastOf,
  parseKeys,
  parseStructured,
  switchOf,
  textOf,
  withKey,
} from './argv-keys.js';
import { type ArgvOption, showOption } from './argv-words.js';

/**
 * A port that only one process can listen on. The new QEMU starts without it, and is told over its monitor to open it
 * once the old one has ended.
 */
export interface Deferred {
  /** The option as it stands on the command line. */
  readonly part: string;
  readonly execute: 'human-monitor-command' | 'display-update' | 'chardev-change';
  readonly arguments: Readonly<Record<string, unknown>>;
}

interface Changed {
  /** What stands in the option's place. */
  readonly options: readonly ArgvOption[];
  readonly deferred: readonly Omit<Deferred, 'part'>[];
}

/**
 * Takes those ports off a command line that QEMU can open later. What it can't (a monitor's, SPICE's) stays.
 * @param version QEMU's, as `7.2.22`.
 */
export function deferPorts(
  options: readonly ArgvOption[],
  version: string,
): { readonly options: ArgvOption[]; readonly deferred: Deferred[] } {
  const deferred: Deferred[] = [];
  const rest = options.flatMap((option, index) => {
    const changed = change(option, index, options, version);
    if (!changed) return [option];
    deferred.push(...changed.deferred.map((each) => ({ part: showOption(option), ...each })));
    return changed.options;
  });
  return { options: rest, deferred };
}

function change(
  option: ArgvOption,
  index: number,
  all: readonly ArgvOption[],
  version: string,
): Changed | undefined {
  const { name, value = '' } = option;
  switch (name) {
    case 's':
      return { options: [], deferred: [hmp('gdbserver tcp::1234')] };
    case 'gdb':
      return /^tcp:/.test(value) ? { options: [], deferred: [hmp(`gdbserver ${value}`)] } : undefined;
    case 'netdev':
    case 'nic':
    case 'net':
      return forwardedPorts(option, all);
    case 'vnc':
    case 'display':
      return vncPort(option, all, version);
    case 'chardev':
      return chardevPort(option, all);
    default:
      return CHARACTER_OPTIONS.has(name) ? serialPort(option, index) : undefined;
  }
}

const hmp = (line: string): Omit<Deferred, 'part'> => ({
  execute: 'human-monitor-command',
  arguments: { 'command-line': line },
});

const isUserNet = ({ name, value = '' }: ArgvOption): boolean => {
  if (!['netdev', 'nic', 'net'].includes(name)) return false;
  try {
    return textOf(parseStructured(value, 'type').tree, 'type') === 'user';
  } catch {
    return false;
  }
};

/** Rules that the human monitor's hostfwd_add takes. Port 0 is any free one, which nobody else has. */
const RULE = /^(tcp|udp)?:[^ :,]*:[1-9]\d*-[^ ,]*:\d+$/;

function forwardedPorts(option: ArgvOption, all: readonly ArgvOption[]): Changed | undefined {
  if (!isUserNet(option)) return undefined;
  const { name, value = '' } = option;
  const { style, tree } = parseStructured(value, 'type');
  const id = textOf(tree, 'id');
  // Without a name the monitor's command is about the first.
  if (id === undefined && all.filter(isUserNet).length > 1) return undefined;
  const add = (rule: string) => hmp(`hostfwd_add ${id === undefined ? '' : `${id} `}${rule}`);
  if (style === 'json') {
    const { hostfwd, ...rest } = tree;
    if (!Array.isArray(hostfwd)) return undefined;
    const rules = hostfwd.map((each) => (isTree(each) ? textOf(each, 'str') : undefined) ?? '');
    if (!rules.every((rule) => RULE.test(rule))) return undefined;
    return { options: [{ name, value: formatStructured({ style, tree: rest }) }], deferred: rules.map(add) };
  }
  const keys = parseKeys(value, 'type');
  const rules = keys.flatMap(([key, rule = '']) => (key === 'hostfwd' ? [rule] : []));
  const fixed = rules.filter((rule) => !anyPort(rule));
  if (fixed.length === 0 || !fixed.every((rule) => RULE.test(rule))) return undefined;
  const kept = keys.filter(([key, rule = '']) => key !== 'hostfwd' || anyPort(rule));
  const text = formatKeys(kept).replace(/^type=/, '');
  return { options: [{ name, value: text }], deferred: fixed.map(add) };
}

/** Whether a forwarding rule has the host choose the port. */
export const anyPort = (rule: string): boolean => /^(tcp|udp)?:[^:]*:0-/.test(rule);

/** `display-update` changes where VNC listens from this version on (qapi/ui.json). */
const VNC_SINCE = [7, 1] as const;

function vncPort(option: ArgvOption, all: readonly ArgvOption[], version: string): Changed | undefined {
  const { name, value = '' } = option;
  const address = vncAddress(name, value);
  if (address === undefined || all.filter((each) => vncAddress(each.name, each.value ?? '')).length > 1)
    return undefined;
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < VNC_SINCE[0] || (major === VNC_SINCE[0] && minor < VNC_SINCE[1])) return undefined;
  const [, host, display] = /^(.*):(\d+)$/.exec(address) ?? [];
  const keys = parseKeys(value, name === 'vnc' ? 'vnc' : 'type');
  // With `to`, QEMU finds a free one by itself.
  const others = ['to', 'websocket', 'reverse', 'id', 'display', 'ipv4', 'ipv6'];
  if (host === undefined || address.startsWith('unix:') || keys.some(([key]) => others.includes(key)))
    return undefined;
  const rest = withKey(keys, 'vnc', 'none');
  const text =
    name === 'vnc' ? formatKeys(rest).replace(/^vnc=/, '') : formatKeys(rest).replace(/^type=/, '');
  const inet = { type: 'inet', host: host.replace(/^\[(.*)\]$/, '$1'), port: String(5900 + Number(display)) };
  return {
    options: [{ name, value: text }],
    deferred: [{ execute: 'display-update', arguments: { type: 'vnc', addresses: [inet] } }],
  };
}

/** Devices that go on with another character device in the place of theirs (chr_be_change in QEMU's source). */
const SWITCHING = new Set(['isa-serial', 'pci-serial', 'virtconsole', 'virtserialport']);

function chardevPort(option: ArgvOption, all: readonly ArgvOption[]): Changed | undefined {
  const keys = parseKeys(option.value ?? '', 'backend');
  const id = lastOf(keys, 'id');
  const backend = socketBackend(keys);
  if (id === undefined || !backend || !usersOf(id, all).every(switches)) return undefined;
  const log = keys.filter(([key]) => key === 'logfile' || key === 'logappend');
  const value = `null,${formatKeys([['id', id], ...log])}`;
  return { options: [{ name: 'chardev', value }], deferred: [changeChardev(id, backend)] };

  function switches({ name, value = '' }: ArgvOption): boolean {
    if (name === 'serial') return true;
    return name === 'device' && SWITCHING.has(textOf(parseStructured(value, 'driver').tree, 'driver') ?? '');
  }
}

const changeChardev = (id: string, data: Record<string, unknown>): Omit<Deferred, 'part'> => ({
  execute: 'chardev-change',
  arguments: { id, backend: { type: 'socket', data } },
});

/** Options that use a character device by its name. */
const usersOf = (id: string, all: readonly ArgvOption[]): ArgvOption[] =>
  all.filter(({ name, value = '' }) => {
    if (name === 'chardev') return false;
    if (CHARACTER_OPTIONS.has(name)) return value === `chardev:${id}` || value === `mon:chardev:${id}`;
    return value.split(/[,"]/).some((word) => word === id || word.endsWith(`=${id}`));
  });

/** `-serial tcp:…` and its like. */
function serialPort({ name, value = '' }: ArgvOption, index: number): Changed | undefined {
  const { prefix, kind, rest } = parseCharacterDevice(value);
  if (name !== 'serial' || prefix !== '' || !['tcp', 'telnet', 'websocket'].includes(kind)) return undefined;
  const [, host, port] = /^([^,]*):(\d+)(?:,|$)/.exec(rest) ?? [];
  if (host === undefined || port === undefined) return undefined;
  const given = parseKeys(rest, 'address').slice(1);
  const keys: Keys = [
    ['backend', 'socket'],
    ['host', host],
    ['port', port],
    ...given,
    ...(kind === 'tcp' ? [] : [[kind, 'on'] as const]),
  ];
  const backend = socketBackend(keys);
  if (!backend) return undefined;
  const id = `snapctl-${name}-${index}`;
  return {
    options: [
      { name: 'chardev', value: `null,id=${id}` },
      { name, value: `chardev:${id}` },
    ],
    deferred: [changeChardev(id, backend)],
  };
}

const KNOWN = new Set([
  ...['backend', 'id', 'host', 'port', 'server', 'noserver', 'wait', 'nowait', 'ipv4', 'ipv6'],
  ...['nodelay', 'delay', 'telnet', 'tn3270', 'websocket', 'tls-creds', 'tls-authz', 'logfile', 'logappend'],
]);

/** ChardevSocket (qapi/char.json) of one that listens on a port; undefined for any other. */
function socketBackend(keys: Keys): Record<string, unknown> | undefined {
  const [host, port] = [lastOf(keys, 'host') ?? '', lastOf(keys, 'port')];
  if (lastOf(keys, 'backend') !== 'socket' || !listens(keys) || !port || !/^[1-9]\d*$/.test(port))
    return undefined;
  if (keys.some(([key]) => !KNOWN.has(key))) return undefined;
  const flags = (...names: string[]): Record<string, boolean> =>
    Object.fromEntries(
      names.flatMap((key) => {
        const on = switchOf(keys, key);
        return on === undefined ? [] : [[key, on]];
      }),
    );
  const texts = (...names: string[]): Record<string, string> =>
    Object.fromEntries(
      names.flatMap((key) => {
        const text = lastOf(keys, key);
        return text === undefined ? [] : [[key, text]];
      }),
    );
  return {
    addr: { type: 'inet', data: { host, port, ...flags('ipv4', 'ipv6') } },
    server: true,
    wait: false,
    ...flags('nodelay', 'telnet', 'tn3270', 'websocket', 'logappend'),
    ...texts('tls-creds', 'tls-authz', 'logfile'),
  };
}

/** What a new QEMU can't be given as the old one had it, for people. */
export function lostOver(options: readonly ArgvOption[]): string[] {
  const lost: string[] = [];
  for (const option of options) {
    const { name, value = '' } = option;
    if (name === 'vnc') {
      const keys = parseKeys(value, 'vnc');
      if (switchOf(keys, 'password') && lastOf(keys, 'password-secret') === undefined)
        lost.push("VNC's password, which was set over the monitor, has to be set again");
    }
    if (
      isUserNet(option) &&
      parseKeys(value, 'type').some(([key, rule = '']) => key === 'hostfwd' && anyPort(rule))
    )
      lost.push(`${showOption(option)}: the host has chosen another port`);
  }
  return lost;
}
