import { formatKeys, type Keys, lastOf, parseKeys, switchOf, withKey, without } from './argv-keys.js';
import type { ArgvOption } from './argv-words.js';

/** A character device as -serial, -qmp and their like name one. */
interface CharacterDevice {
  /** `mon:` before it: shared with the monitor. */
  readonly prefix: string;
  readonly kind: string;
  readonly rest: string;
}

/** Options whose value is a character device in short form. */
export const CHARACTER_OPTIONS: ReadonlySet<string> = new Set([
  ...['serial', 'parallel', 'monitor', 'qmp', 'qmp-pretty', 'debugcon', 'gdb'],
]);

export function parseCharacterDevice(value: string): CharacterDevice {
  const [, prefix = '', device = ''] = /^(mon:)?(.*)$/s.exec(value) ?? [];
  const colon = device.indexOf(':');
  if (colon >= 0) return { prefix, kind: device.slice(0, colon), rest: device.slice(colon + 1) };
  return { prefix, kind: device, rest: '' };
}

/**
 * Paths that QEMU makes when it starts and would take from another QEMU with the same command line: sockets that it
 * listens on, and its pid file. As they are on the command line.
 */
export function pathsMade(options: readonly ArgvOption[]): string[] {
  return [...new Set(options.flatMap(pathsOf))];
}

function pathsOf({ name, value = '' }: ArgvOption): string[] {
  if (name === 'pidfile') return [value];
  if (CHARACTER_OPTIONS.has(name)) {
    const { kind, rest } = parseCharacterDevice(value);
    const keys = parseKeys(rest, 'path');
    return kind === 'unix' && listens(keys) ? present(lastOf(keys, 'path')) : [];
  }
  if (name === 'chardev') {
    const keys = parseKeys(value, 'backend');
    return lastOf(keys, 'backend') === 'socket' && listens(keys) ? present(lastOf(keys, 'path')) : [];
  }
  if (name === 'vnc' || name === 'display') {
    const address = vncAddress(name, value);
    return address?.startsWith('unix:') ? [address.slice(5)] : [];
  }
  if (name === 'spice') {
    const keys = parseKeys(value);
    return switchOf(keys, 'unix') ? present(lastOf(keys, 'addr')) : [];
  }
  return [];
}

const present = (value: string | undefined): string[] => (value === undefined ? [] : [value]);

export const listens = (keys: Keys): boolean => switchOf(keys, 'server') ?? false;

/** Where VNC listens; undefined if the option is about something else. */
export function vncAddress(name: string, value: string): string | undefined {
  const keys = parseKeys(value, name === 'vnc' ? 'vnc' : 'type');
  return lastOf(keys, 'vnc');
}

/**
 * The same options so that a second QEMU disturbs nothing of the first: it doesn't wait for clients before it starts,
 * and adds to log files rather than emptying them.
 */
export function gentle(options: readonly ArgvOption[]): ArgvOption[] {
  return options.flatMap((option, index): ArgvOption[] => {
    const { name, value = '' } = option;
    if (name === 'chardev') {
      const keys = gentleKeys(parseKeys(value, 'backend'));
      return [{ name, value: withoutKey(formatKeys(keys), 'backend') }];
    }
    if (!CHARACTER_OPTIONS.has(name)) return [option];
    const { prefix, kind, rest } = parseCharacterDevice(value);
    if (kind === 'unix') {
      const keys = parseKeys(rest, 'path');
      return [{ name, value: `${prefix}unix:${withoutKey(formatKeys(noWait(keys)), 'path')}` }];
    }
    if (kind !== 'file' || prefix !== '') return [option];
    // The short form always empties the file.
    const id = `snapctl-${name}-${index}`;
    const chardev = formatKeys([
      ['backend', 'file'],
      ['id', id],
      ['path', rest],
      ['append', 'on'],
    ]);
    return [
      { name: 'chardev', value: withoutKey(chardev, 'backend') },
      { name, value: `chardev:${id}` },
    ];
  });
}

/** The implied key of the first element is left out again, as people write it. */
const withoutKey = (text: string, key: string): string =>
  text.startsWith(`${key}=`) ? text.slice(key.length + 1) : text;

function gentleKeys(keys: Keys): Keys {
  const backend = lastOf(keys, 'backend');
  let result = keys.map(([key, value]) => [key, value] as const);
  if (backend === 'socket' && listens(keys)) result = [...noWait(keys)];
  if (backend === 'file' && !switchOf(keys, 'append')) result = [...withKey(result, 'append', 'on')];
  if (lastOf(keys, 'logfile') !== undefined) result = [...withKey(result, 'logappend', 'on')];
  return result;
}

/** `server` alone and `server=on` wait for a client unless told otherwise. */
function noWait(keys: Keys): Keys {
  if (!listens(keys)) return keys;
  return [...without(keys, (key) => key === 'wait' || key === 'nowait'), ['wait', 'off']];
}
