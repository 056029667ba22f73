import { basename, join } from 'node:path';
import { CHARACTER_OPTIONS, parseCharacterDevice } from './argv-host-paths.js';
import {
  formatKeys,
  type Keys,
  lastOf,
  parseKeys,
  parseStructured,
  textOf,
  withKey,
  without,
} from './argv-keys.js';
import type { Refusal } from './argv-refusals.js';
import { type ArgvOption, formatArgv, parseArgv, showOption } from './argv-words.js';

/** How a guest from an archive is to be started. */
export interface BootWish {
  /** The archived command line without the program. */
  readonly words: readonly string[];
  /** Where sockets and logs of the new QEMU go. */
  readonly folder: string;
  /** Where its monitor is to be. */
  readonly qmpSocket: string;
  /** What its network cards are connected to; undefined leaves it as it was. */
  readonly network: 'none' | 'user' | undefined;
  /** Bytes of memory; undefined leaves it as it was. */
  readonly ram: number | undefined;
}

/** One option that is not as it was; without `to`, it is left out. */
export interface ArgvChange {
  readonly from: string;
  readonly to: string;
}

export interface BootArgv {
  readonly words: readonly string[];
  readonly changes: readonly ArgvChange[];
  readonly refusals: readonly Refusal[];
  /** Host files that QEMU only reads; they have to be there. */
  readonly needed: readonly string[];
}

/** Options that describe the guest, or the way it is emulated, and touch nothing of the host. */
const KEPT = new Set(
  `name uuid machine M accel enable-kvm no-kvm cpu smp m numa nodefaults no-user-config nodefconfig vga g rtc boot
  append device object global smbios msg overcommit k no-reboot no-shutdown action no-hpet no-acpi watchdog
  watchdog-action icount fw_cfg acpitable usb usbdevice mon sandbox compat no-fd-bootchk only-migratable tb-size
  win2k-hack S mem-prealloc realtime semihosting set prom-env old-param`.split(/\s+/),
);
const DISKS = new Set('drive blockdev disk hda hdb hdc hdd cdrom fda fdb pflash mtdblock sd'.split(' '));
const READ = new Set(['kernel', 'initrd', 'dtb', 'bios', 'L']);
/** They were about that one run: dropped, each with its value. */
const DROPPED = new Set(
  'qmp qmp-pretty gdb s D d dfilter pidfile daemonize incoming loadvm S trace'.split(' '),
);
const OBJECTS =
  /^(memory-backend-(ram|memfd|file)|rng-(random|builtin)|iothread|throttle-group|thread-context|cryptodev-backend-builtin|main-loop|authz-.*)$/;

/**
 * Takes what belongs to the place where the guest ran out of an archived command line: sockets, logs, displays, and the
 * network if asked. An archive may come from anybody: options that could start a program, or write to a file of the host,
 * and all that are not known, are refused.
 */
export function adaptArgv(wish: BootWish): BootArgv {
  let options: ArgvOption[];
  try {
    options = parseArgv(wish.words);
  } catch (error) {
    const part = wish.words.at(-1) ?? '';
    return { words: [], changes: [], refusals: [{ part, reason: (error as Error).message }], needed: [] };
  }
  return new Adaptation(wish, options).run();
}

class Adaptation {
  readonly #wish: BootWish;
  readonly #options: readonly ArgvOption[];
  readonly #refusals: Refusal[] = [];
  readonly #needed: string[] = [];
  #count = 0;

  constructor(wish: BootWish, options: readonly ArgvOption[]) {
    this.#wish = wish;
    this.#options = options;
  }

  run(): BootArgv {
    const changes: ArgvChange[] = [];
    const result: ArgvOption[] = [];
    for (const option of this.#options) {
      const adapted = this.#adapt(option);
      const [from, to] = [[option], adapted].map((some) => some.map(showOption).join(' '));
      if (from !== to) changes.push({ from: from ?? '', to: to ?? '' });
      result.push(...adapted);
    }
    const monitor = {
      name: 'qmp',
      value: `unix:${this.#wish.qmpSocket.replaceAll(',', ',,')},server=on,wait=off`,
    };
    changes.push({ from: '', to: showOption(monitor) });
    return {
      words: formatArgv([...result, monitor]),
      changes,
      refusals: this.#refusals,
      needed: this.#needed,
    };
  }

  #adapt(option: ArgvOption): ArgvOption[] {
    const { name, value = '' } = option;
    if (DROPPED.has(name)) return [];
    if (CHARACTER_OPTIONS.has(name)) return [this.#characterDevice(name, value)];
    switch (name) {
      case 'object':
        return this.#object(option);
      case 'chardev':
        return [{ name, value: this.#chardev(parseKeys(value, 'backend')) }];
      case 'nographic':
        return this.#noGraphic();
      case 'display':
      case 'vnc':
      case 'spice':
      case 'curses':
      case 'sdl':
        return this.#options.findIndex((each) => DISPLAYS.has(each.name)) === this.#options.indexOf(option)
          ? [{ name: 'display', value: 'none' }]
          : [];
      case 'audiodev':
        return [{ name, value: `none,id=${lastOf(parseKeys(value, 'driver'), 'id') ?? ''}` }];
      case 'netdev':
      case 'nic':
      case 'net':
        return this.#network(option);
      case 'm':
        return [this.#memory(option)];
      case 'mem-path':
        return this.#hugePages(value, option);
    }
    if (READ.has(name)) this.#needed.push(value);
    else if (!KEPT.has(name) && !DISKS.has(name))
      this.#refuse(option, 'an option that snapctl does not know');
    return [option];
  }

  #refuse(option: ArgvOption, reason: string): void {
    this.#refusals.push({ part: showOption(option), reason });
  }

  #path(name: string): string {
    this.#count += 1;
    return join(this.#wish.folder, `${name.replace(/[^A-Za-z0-9_-]/g, '-')}-${this.#count}`);
  }

  #characterDevice(name: string, value: string): ArgvOption {
    const { prefix, kind, rest } = parseCharacterDevice(value);
    const harmless = ['none', 'null', 'vc', 'chardev', 'msmouse', 'ringbuf', 'braille'].includes(kind);
    if (harmless) return { name, value };
    if (kind === 'unix') {
      const keys = withKey(parseKeys(rest, 'path'), 'path', this.#path(name));
      const served = listening(without(keys, (key) => key === 'path'));
      return { name, value: `${prefix}unix:${lastOf(keys, 'path')},${formatKeys(served)}` };
    }
    if (name === 'monitor') return { name, value: `unix:${this.#path(name)},server=on,wait=off` };
    return { name, value: `file:${this.#path(name)}` };
  }

  #chardev(keys: Keys): string {
    const id = lastOf(keys, 'id') ?? 'chardev';
    const plain = without(keys, (key) => /^log(file|append)$/.test(key));
    const backend = lastOf(keys, 'backend') ?? '';
    const named = (kind: string): Keys => [
      ['backend', kind],
      ['id', id],
    ];
    const text = (some: Keys): string => formatKeys(some).replace(/^backend=/, '');
    switch (backend) {
      case 'socket':
        return text([...named('socket'), ['path', this.#path(id)], ['server', 'on'], ['wait', 'off']]);
      case 'null':
      case 'vc':
      case 'ringbuf':
      case 'msmouse':
        return text(plain);
      case 'spicevmc':
      case 'spiceport':
      case 'qemu-vdagent':
        return text(named('null'));
      default:
        return text([...named('file'), ['path', this.#path(id)]]);
    }
  }

  /** What -nographic stands for, with the terminal's part in a file. */
  #noGraphic(): ArgvOption[] {
    const given = (name: string): boolean => this.#options.some((option) => option.name === name);
    const display = { name: 'display', value: 'none' };
    if (given('nodefaults') || given('serial')) return [display];
    return [display, { name: 'serial', value: `file:${this.#path('serial')}` }];
  }

  #object(option: ArgvOption): ArgvOption[] {
    let type = '';
    let path: string | undefined;
    try {
      const { tree } = parseStructured(option.value ?? '', 'qom-type');
      type = textOf(tree, 'qom-type') ?? '';
      path = textOf(tree, 'mem-path', 'filename');
    } catch (error) {
      this.#refuse(option, (error as Error).message);
      return [option];
    }
    if (/^(secret|tls-creds-.*|tls-cipher-suites)$/.test(type)) return [];
    if (!OBJECTS.test(type)) this.#refuse(option, 'an object that snapctl does not know');
    if (type === 'memory-backend-file') return this.#hugePages(path ?? '', option);
    if (type === 'rng-random' && path !== undefined && !/^\/dev\/(u?random|hwrng)$/.test(path))
      this.#refuse(option, 'its random numbers come from a file');
    return [option];
  }

  #hugePages(path: string, option: ArgvOption): ArgvOption[] {
    if (!/^\/dev\/hugepages[^/]*(\/|$)/.test(path) || path.includes('..'))
      this.#refuse(option, "the guest's memory lies in a file of the host");
    return [option];
  }

  #memory(option: ArgvOption): ArgvOption {
    const { ram } = this.#wish;
    if (ram === undefined) return option;
    const keys = withKey(parseKeys(option.value ?? '', 'size'), 'size', `${Math.ceil(ram / 2 ** 20)}M`);
    return { name: 'm', value: formatKeys(keys).replace(/^size=/, '') };
  }

  #network(option: ArgvOption): ArgvOption[] {
    const { name, value = '' } = option;
    const { network } = this.#wish;
    if (name === 'netdev' && network) {
      const id = textOf(parseStructured(value, 'type').tree, 'id') ?? '';
      this.#count += 1;
      return [
        { name, value: network === 'user' ? `user,id=${id}` : `hubport,id=${id},hubid=${this.#count}` },
      ];
    }
    if (name === 'nic' && network === 'user') {
      const keys = parseKeys(value, 'type').filter(([key]) => ['model', 'mac', 'macaddr'].includes(key));
      return [{ name, value: formatKeys([['type', 'user'], ...keys]).replace(/^type=/, '') }];
    }
    if (value === 'none' || value === '') return [option];
    if (network && name !== 'netdev') this.#refuse(option, `--network ${network} cannot be put in its place`);
    const program = /(^|[,"{ ])(script|downscript|helper|smb|guestfwd|tftp|br)\b/.test(value);
    if (!network && program) this.#refuse(option, 'it starts a program or opens files: use --network');
    return [option];
  }
}

const DISPLAYS = new Set(['display', 'vnc', 'spice', 'curses', 'sdl', 'nographic']);

const listening = (keys: Keys): Keys => [
  ...without(keys, (key) => ['server', 'noserver', 'wait', 'nowait', 'reconnect', 'fd'].includes(key)),
  ['server', 'on'],
  ['wait', 'off'],
];

/** Whether a program of this name can be taken for QEMU. */
export const isQemu = (program: string): boolean =>
  /^(qemu-system-[a-z0-9_]+|qemu-kvm|kvm)$/.test(basename(program));
