import { ArchiveError } from './archive-error.js';
import type { ArchiveReader } from './contract.js';

/** A disk of an archived guest. */
export interface ArchivedDisk {
  /** The archive's stream: `disk/vda`; `nvram` for the firmware's variables. */
  readonly stream: string;
  /** As its user knew it, and every name that QEMU had for it. */
  readonly target: string;
  readonly names: readonly string[];
  /** The image and all that it lay on, top first, where they were: told, and never opened. */
  readonly chain: readonly string[];
  /** Bytes the guest sees. */
  readonly size: number;
}

/** How the guest's QEMU was started. */
export interface ArchivedLaunch {
  readonly program: string;
  /** The command line without the program. */
  readonly words: readonly string[];
  readonly cwd: string;
  /** The machine type in full: an alias means another machine in another version. */
  readonly machine: string;
  readonly version: string;
  /** Devices that the command line lacks, and those that it had and that were gone. */
  readonly plugged: readonly string[];
  readonly unplugged: readonly string[];
}

/** The archive's document `domain.json`: what else is known of the guest. */
export interface ArchivedDomain {
  readonly version: 1;
  readonly name: string;
  readonly uuid: string;
  readonly takenAt: string;
  /** Whether the guest ran at that instant; else it was paused, or off. */
  readonly running: boolean;
  /** Its file systems were frozen: it has to be thawed when it goes on. */
  readonly frozen: boolean;
  /** Bytes of memory; null if the archive holds none. */
  readonly memory: number | null;
  /** How the memory was taken. */
  readonly method: string;
  /** Who started QEMU decides how it is started again: `qemu` by its command line, `libvirt` by its XML. */
  readonly origin: 'qemu' | 'libvirt' | 'images';
  readonly launch: ArchivedLaunch | null;
  readonly disks: readonly ArchivedDisk[];
}

export const DOMAIN_DOCUMENT = 'domain.json';
/** libvirt's own description of the domain. */
export const XML_DOCUMENT = 'domain.xml';
/** What libvirt has before the migration stream in its memory images: header, XML and cookie. */
export const SAVE_HEADER = 'libvirt-header';
export const NVRAM = 'nvram';

/** A name for a disk's stream, told apart from those that are taken. */
export function streamName(target: string, taken: ReadonlySet<string>): string {
  const plain =
    target
      .replace(/[^A-Za-z0-9_.-]+/g, '-')
      .replace(/^[.-]+/, '')
      .slice(0, 56) || 'disk';
  for (let number = 1; ; number++) {
    const name = number === 1 ? plain : `${plain}-${number}`;
    if (!taken.has(name)) return name;
  }
}

/** Reads `domain.json`. What is in it was written by others: every part is checked. @throws ArchiveError */
export async function readArchivedDomain(archive: ArchiveReader): Promise<ArchivedDomain> {
  const text = await archive.document(DOMAIN_DOCUMENT);
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    throw wrong(archive, 'it is no JSON');
  }
  const domain = object(archive, found, 'it');
  if (domain.version !== 1)
    throw wrong(archive, `its version is ${String(domain.version)}, which is unknown`);
  const launch = domain.launch === null ? null : object(archive, domain.launch, 'launch');
  const disks = Array.isArray(domain.disks) ? domain.disks : [];
  const textIn = (value: unknown, what: string): string => {
    if (typeof value === 'string' && !value.includes('\0')) return value;
    throw wrong(archive, `${what} is no text`);
  };
  const texts = (value: unknown, what: string): string[] => {
    if (!Array.isArray(value)) throw wrong(archive, `${what} is no list`);
    return value.map((each) => textIn(each, what));
  };
  const takenAt = textIn(domain.takenAt, 'takenAt');
  // It comes to stand in a script's comment.
  if (!/^[-\d]+T[\d:.]+Z$/.test(takenAt)) throw wrong(archive, 'takenAt is no time');
  const origin = textIn(domain.origin, 'origin');
  if (origin !== 'qemu' && origin !== 'libvirt' && origin !== 'images')
    throw wrong(archive, `its origin '${origin}' is unknown`);
  return {
    version: 1,
    name: textIn(domain.name, 'name'),
    uuid: textIn(domain.uuid, 'uuid'),
    takenAt,
    running: domain.running === true,
    frozen: domain.frozen === true,
    memory: typeof domain.memory === 'number' ? domain.memory : null,
    method: textIn(domain.method, 'method'),
    origin,
    launch: launch && {
      program: textIn(launch.program, 'program'),
      words: texts(launch.words, 'words'),
      cwd: textIn(launch.cwd, 'cwd'),
      machine: textIn(launch.machine, 'machine'),
      version: textIn(launch.version, 'version'),
      plugged: texts(launch.plugged, 'plugged'),
      unplugged: texts(launch.unplugged, 'unplugged'),
    },
    disks: disks.map((each): ArchivedDisk => {
      const disk = object(archive, each, 'a disk');
      const stream = textIn(disk.stream, 'stream');
      const { kind, size } = archive.stream(stream);
      if (kind !== 'disk' && stream !== NVRAM) throw wrong(archive, `'${stream}' is no disk`);
      return {
        stream,
        target: textIn(disk.target, 'target'),
        names: texts(disk.names, 'names'),
        chain: texts(disk.chain, 'chain'),
        // The stream's own size counts.
        size,
      };
    }),
  };
}

const wrong = (archive: ArchiveReader, reason: string): ArchiveError =>
  new ArchiveError('damaged', `'${archive.info.path}': ${DOMAIN_DOCUMENT} cannot be used: ${reason}`);

function object(archive: ArchiveReader, value: unknown, what: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw wrong(archive, `${what} is no object`);
}
