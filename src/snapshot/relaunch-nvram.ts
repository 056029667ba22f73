import { readdir, readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { LaunchRecord } from './relaunch-record.js';

/** Where UEFI firmware keeps its variables, and what they are at first. */
export interface Nvram {
  /** The disk that holds them, as the user knows it. */
  readonly disk: string;
  /** A raw image; undefined if it isn't known. */
  readonly template: string | undefined;
}

/** What QEMU calls the second flash chip: as a drive, and as the machine's own device. */
const VARIABLES = ['pflash1', '/machine/system.flash1'];
const FIRMWARE = ['pflash0', '/machine/system.flash0'];

/** The guest's store of firmware variables; undefined if it has none. */
export async function findNvram({ disks }: LaunchRecord): Promise<Nvram | undefined> {
  const named = (names: readonly string[]) =>
    disks.find((disk) => disk.names.some((name) => names.includes(name)));
  const disk = named(VARIABLES)?.target;
  if (disk === undefined) return undefined;
  const firmware = named(FIRMWARE)?.chain.at(-1);
  return { disk, template: firmware === undefined ? undefined : await templateOf(firmware) };
}

/** Folders of firmware descriptions, those that count first first (docs/interop/firmware.json in QEMU's source). */
const folders = (): string[] => [
  join(process.env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'qemu/firmware'),
  '/etc/qemu/firmware',
  '/usr/share/qemu/firmware',
];

/**
 * The template that belongs to a firmware image: as its description tells, else the file beside it that is called
 * VARS where it is called CODE, as all distributions have it.
 */
export async function templateOf(firmware: string, places = folders()): Promise<string | undefined> {
  for (const folder of places) {
    for (const name of (await readdir(folder).catch(() => [])).sort()) {
      const found = templateIn(await readFile(join(folder, name), 'utf8').catch(() => ''), firmware);
      if (found !== undefined) return found;
    }
  }
  const beside = firmware.replace(/CODE(?=[^/]*$)/, 'VARS').replace(/(\.secboot|\.ms)(?=\.fd$)/, '');
  if (beside === firmware) return undefined;
  return (await stat(beside).catch(() => undefined))?.isFile() ? beside : undefined;
}

function templateIn(text: string, firmware: string): string | undefined {
  try {
    const { mapping } = JSON.parse(text) as {
      mapping?: {
        executable?: { filename?: string };
        'nvram-template'?: { filename?: string; format?: string };
      };
    };
    const template = mapping?.['nvram-template'];
    const fits = mapping?.executable?.filename === firmware && (template?.format ?? 'raw') === 'raw';
    return fits ? template?.filename : undefined;
  } catch {
    return undefined;
  }
}
