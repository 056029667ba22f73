import { readFile, readlink, stat } from 'node:fs/promises';
import { VIR_ERR_CONFIG_UNSUPPORTED, VIR_FROM_DOMAIN_SNAPSHOT } from '../hypervisor/constants.js';
import { HypervisorError } from '../hypervisor/index.js';
import type { QmpClient } from '../qmp/index.js';
import { parseStructured, textOf } from './argv-keys.js';
import { type ArgvOption, parseArgv } from './argv-words.js';
import type { Guest } from './guest.js';
import { backingFiles, disksOf, plainPath } from './guest-disks.js';
import type { FrozenFile } from './relaunch-frozen.js';

/** What has to be known of a QEMU process to start its like, as it was at some moment. */
export interface LaunchRecord {
  readonly version: 1;
  /** The executable's path. */
  readonly program: string;
  /** The command line without the program. */
  readonly words: readonly string[];
  readonly cwd: string;
  /** Those variables that make a difference to QEMU and the libraries it uses. */
  readonly environment: Readonly<Record<string, string>>;
  /** In full, as QEMU resolved it: an alias means another machine in another version. */
  readonly machine: string;
  readonly qemuVersion: string;
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  readonly disks: readonly LaunchDisk[];
  /** Ids (or, where they have none, the number) of devices that were plugged in after the start. */
  readonly plugged: readonly string[];
  /** Ids of devices of the command line that had been unplugged. */
  readonly unplugged: readonly string[];
  /** What the images that were frozen looked like once they were. */
  readonly frozen?: readonly FrozenFile[];
}

export interface LaunchDisk {
  readonly target: string;
  readonly names: readonly string[];
  /** Paths of the image and all that it lay on, top first. */
  readonly chain: readonly string[];
}

/** libc, QEMU's modules, display and sound; never what may hold secrets of the user's shell. */
const VARIABLES =
  /^(PATH|HOME|TMPDIR|LANG|LC_[A-Z]+|TZ|LD_LIBRARY_PATH|LD_PRELOAD|QEMU_[A-Z_]+|XDG_[A-Z_]+|DISPLAY|XAUTHORITY|WAYLAND_DISPLAY|PULSE_SERVER|SDL_[A-Z_]+|G_[A-Z_]+|MALLOC_[A-Z_]+|DBUS_SESSION_BUS_ADDRESS)$/;

/**
 * Reads it from /proc and the monitor.
 * @throws HypervisorError the process can't be told or looked into.
 */
export async function readLaunch(guest: Guest): Promise<LaunchRecord> {
  const { process: qemu, qmp } = guest;
  if (!qemu) throw unknown('which process the guest is cannot be told');
  const folder = `/proc/${qemu.pid}`;
  try {
    const [words, environment, exe, cwd, status] = await Promise.all([
      nulSeparated(`${folder}/cmdline`),
      nulSeparated(`${folder}/environ`),
      readlink(`${folder}/exe`),
      readlink(`${folder}/cwd`),
      readFile(`${folder}/status`, 'utf8'),
    ]);
    const options = parseArgv(words.slice(1));
    const disks = await disksOf(guest);
    const { major, minor, micro } = guest.version;
    return {
      version: 1,
      program: exe.replace(/ \(deleted\)$/, ''),
      words: words.slice(1),
      cwd,
      environment: pickVariables(environment),
      machine: String(await qmp.execute('qom-get', { path: '/machine', property: 'type' })).replace(
        /-machine$/,
        '',
      ),
      qemuVersion: `${major}.${minor}.${micro}`,
      uid: qemu.uid,
      gid: qemu.gid,
      groups: (/^Groups:[ \t]*(.*)$/m.exec(status)?.[1] ?? '').split(' ').filter(Boolean).map(Number),
      disks: disks.map(({ target, names, medium }) => ({
        target,
        names,
        chain: medium
          ? [...new Set([medium.file, ...backingFiles(medium.image).map((file) => plainPath(file, cwd))])]
          : [],
      })),
      ...(await changedDevices(qmp, options)),
    };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EACCES' && code !== 'EPERM' && code !== 'ENOENT') throw error;
    throw unknown(`QEMU's process ${qemu.pid} cannot be looked into (${code})`);
  }
}

const unknown = (text: string): HypervisorError =>
  new HypervisorError(`unsupported configuration: ${text}`, {
    code: VIR_ERR_CONFIG_UNSUPPORTED,
    domain: VIR_FROM_DOMAIN_SNAPSHOT,
  });

const nulSeparated = async (path: string): Promise<string[]> =>
  (await readFile(path, 'utf8')).replace(/\0$/, '').split('\0');

function pickVariables(variables: readonly string[]): Record<string, string> {
  const pairs = variables.map((variable): [string, string] => {
    const equals = variable.indexOf('=');
    return [variable.slice(0, equals), variable.slice(equals + 1)];
  });
  return Object.fromEntries(pairs.filter(([name]) => VARIABLES.test(name)));
}

/** Compares the devices that there are with those of the command line. */
async function changedDevices(
  qmp: QmpClient,
  options: readonly ArgvOption[],
): Promise<Pick<LaunchRecord, 'plugged' | 'unplugged'>> {
  const devices = options
    .filter(({ name }) => name === 'device')
    .map(({ value = '' }) => textOf(parseStructured(value, 'driver').tree, 'id'));
  const given = new Set(devices.filter((id) => id !== undefined));
  const children = async (path: string): Promise<string[]> =>
    (await qmp.execute('qom-list', { path }))
      .filter(({ type }) => type.startsWith('child<'))
      .map(({ name }) => name);
  const present = await children('/machine/peripheral');
  // Some short options make devices as well, which have no id either.
  const implied = options.filter(
    ({ name, value = '' }) =>
      ['usbdevice', 'virtfs', 'watchdog'].includes(name) ||
      (name === 'drive' && /(^|,)if=(virtio|scsi)(,|$)/.test(value)),
  );
  const expected = devices.length - given.size + implied.length;
  const nameless = (await children('/machine/peripheral-anon')).length;
  return {
    plugged: [
      ...present.filter((id) => !given.has(id)),
      ...(nameless > expected ? [`${nameless - expected} without an id`] : []),
    ],
    unplugged: [
      ...[...given].filter((id) => !present.includes(id)),
      ...(nameless < expected ? [`${expected - nameless} without an id`] : []),
    ],
  };
}

/** Whether we see files and sockets as QEMU does: containers have their own. @returns what is not shared. */
export async function foreignNamespaces(pid: number): Promise<string[]> {
  const foreign: string[] = [];
  for (const space of ['mnt', 'net', 'pid']) {
    const [theirs, ours] = await Promise.all(
      [pid, 'self'].map((each) => readlink(`/proc/${each}/ns/${space}`).catch(() => undefined)),
    );
    if (theirs !== undefined && ours !== undefined && theirs !== ours) foreign.push(space);
  }
  return foreign;
}

export const programIsThere = async (program: string): Promise<boolean> =>
  (await stat(program).catch(() => undefined))?.isFile() ?? false;
