import { randomBytes } from 'node:crypto';
import { lstat, mkdir, open, readFile, rm, rmdir } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { type ArchivedDomain, NVRAM, streamName } from '../archive/archived-domain.js';
import {
  VIR_DOMAIN_RUNNING,
  VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY,
  VIR_DOMAIN_SNAPSHOT_CREATE_LIVE,
  VIR_DOMAIN_SNAPSHOT_CREATE_NO_METADATA,
  VIR_DOMAIN_SNAPSHOT_CREATE_QUIESCE,
  VIR_ERR_CONFIG_UNSUPPORTED,
  VIR_ERR_OPERATION_FAILED,
} from '../hypervisor/constants.js';
import {
  type ArchiveCreateOptions,
  type ArchiveFacts,
  type Connection,
  type Domain,
  HypervisorError,
} from '../hypervisor/index.js';
import { checkArchiveFile } from './archive-create.js';
import { archiveImages, imageFacts, type StillImage } from './archive-images.js';
import type { ArchiverReport } from './archive-order.js';
import { type DescribedImage, describedDisks, describedNvram } from './archive-xml.js';
import { completeSnapshot } from './completion.js';
import { makePrivateFolder } from './durable-file.js';
import { Guardian } from './guardian.js';
import { lastSnapshotJob } from './job-measurement.js';
import { Journal, type JournalRecord } from './journal.js';
import { type LibvirtOverlay, libvirtDomainFolder } from './libvirt-journal.js';
import { mergeBack } from './libvirt-merge.js';
import { lostByLibvirt } from './lost-writes.js';
import { mendLibvirt } from './mend-libvirt.js';
import { identifyOurselves } from './process-identity.js';
import { settle } from './settle.js';
import { buildSnapshotXml } from './snapshot-xml.js';

/** libvirt's header of a memory image (virQEMUSaveHeader in qemu_saveimage.h): magic, five numbers, fourteen unused. */
const SAVE_MAGIC = 'LibvirtQemudSave';
const SAVE_HEADER_BYTES = 92;
const XML_LENGTH_AT = 20;
const MAX_XML = 64 * 1024 * 1024;
/** Variables of firmware have some hundred KiB. */
const MAX_NVRAM = 64 * 1024 * 1024;

export interface ArchiveLibvirtOptions extends ArchiveCreateOptions {
  /** Runs what occupies the domain for long, and gives it up when the user interrupts. */
  readonly asJob: (operation: () => Promise<unknown>) => Promise<unknown>;
}

const refused = (text: string): HypervisorError =>
  new HypervisorError(`unsupported configuration: ${text}`, { code: VIR_ERR_CONFIG_UNSUPPORTED });

const failed = (text: string, cause: unknown): HypervisorError =>
  new HypervisorError(`operation failed: ${text}`, { code: VIR_ERR_OPERATION_FAILED, cause });

/**
 * Archives a domain of libvirt on this machine. One that runs gets an external snapshot, whose memory image and frozen
 * disks go into the archive; then its overlays are merged back through libvirt. One that is off is read as it is.
 * @throws HypervisorError and others; the domain is on its own disks again then, or the message says what is left.
 */
export async function archiveLibvirt(
  connection: Connection,
  domain: Domain,
  file: string,
  options: ArchiveLibvirtOptions,
): Promise<ArchiveFacts> {
  const started = performance.now();
  await checkArchiveFile(file);
  if ((await connection.getType()) !== 'QEMU') throw refused('only guests of QEMU can be archived');
  if ((await connection.getHostname()) !== hostname())
    throw refused('the domain is on another machine: its disks cannot be read here');
  const active = await domain.isActive();
  const xml = await domain.getXMLDesc();
  const disks = chosenDisks(describedDisks(xml), options);
  const nvram = await readNvram(describedNvram(xml));
  const running = active && (await domain.getState()).state === VIR_DOMAIN_RUNNING;
  const subject = { domain, xml, disks, nvram, running };
  if (!active) {
    const archive = await archiveImages(file, stillImages(disks), {
      ...options,
      ...contents(subject, { method: 'none', memory: null }),
    });
    return imageFacts(file, archive, started);
  }
  const work = new LibvirtArchive(connection, subject, file, options);
  return { ...(await work.run()), milliseconds: performance.now() - started };
}

/** What is archived. */
interface Subject {
  readonly domain: Domain;
  readonly xml: string;
  readonly disks: readonly DescribedImage[];
  readonly nvram: Nvram | undefined;
  readonly running: boolean;
}

interface Nvram {
  readonly file: string;
  readonly bytes: Buffer;
}

class LibvirtArchive {
  readonly #connection: Connection;
  readonly #subject: Subject;
  readonly #file: string;
  readonly #options: ArchiveLibvirtOptions;

  constructor(connection: Connection, subject: Subject, file: string, options: ArchiveLibvirtOptions) {
    this.#connection = connection;
    this.#subject = subject;
    this.#file = file;
    this.#options = options;
  }

  async run(): Promise<Omit<ArchiveFacts, 'milliseconds'>> {
    const { domain } = this.#subject;
    const { signal } = this.#options;
    const uri = await this.#connection.getURI();
    const folder = libvirtDomainFolder(uri, domain);
    const overlays = await this.#planOverlays();
    await makePrivateFolder(folder);
    const guardian = await Guardian.start(folder, signal, 'libvirt-guardian');
    let journal: Journal | undefined;
    try {
      journal = await Journal.begin(folder, await this.#firstRecord(uri, overlays, guardian));
      const facts = await this.#carryOut(journal);
      await journal.end();
      guardian.dismiss();
      // There is a folder for each domain that ever was archived otherwise.
      for (const each of [folder, dirname(folder)]) await rmdir(each).catch(() => undefined);
      return facts;
    } catch (error) {
      if (!journal) {
        guardian.dismiss();
        throw error;
      }
      const report = await settle(journal, guardian, (left) => mendLibvirt(this.#connection, left));
      signal.throwIfAborted();
      const text = error instanceof Error ? error.message : String(error);
      if (!report) throw failed(`${text}; undoing what was begun failed too: run snapctl recover`, error);
      throw failed([text, ...(report.outcome === 'undone' ? [] : report.actions)].join('; '), error);
    }
  }

  /** Each overlay is to lie beside its image, or beside the archive where the image is a device. */
  async #planOverlays(): Promise<LibvirtOverlay[]> {
    const stem = basename(this.#file).replace(/\.[^.]*$/, '') || 'archive';
    const name = this.#options.keepOverlay ? stem : `archive-${randomBytes(4).toString('hex')}`;
    const overlays = this.#subject.disks.map(({ target, file: base, device }) => ({
      target,
      base,
      file: device
        ? join(dirname(this.#file), `${basename(base)}.${name}`)
        : `${base.replace(/\.[^./]*$/, '')}.${name}`,
    }));
    for (const { file } of overlays)
      if (await lstat(file).catch(() => undefined)) throw refused(`'${file}' is there already`);
    return overlays;
  }

  async #firstRecord(
    uri: string,
    overlays: readonly LibvirtOverlay[],
    guardian: Guardian,
  ): Promise<JournalRecord> {
    const { domain, running } = this.#subject;
    const { memory, keepOverlay } = this.#options;
    const controller = await identifyOurselves();
    const suffix = randomBytes(6).toString('hex');
    const place = join(dirname(this.#file), `.${basename(this.#file).slice(0, 180)}.${suffix}`);
    const folder = join(tmpdir(), `snapctl-${suffix}`);
    return {
      version: 1,
      domain: domain.name,
      uuid: domain.uuid,
      socket: '',
      agentSocket: null,
      qemu: null,
      controller,
      guardian: guardian.process,
      operation: 'archive-create',
      snapshot: this.#file,
      startedAt: new Date().toISOString(),
      step: 'preparing',
      method: 'none',
      wasRunning: running,
      halt: false,
      frozen: false,
      overlays: [],
      keepOverlays: keepOverlay,
      exports: { folder },
      memory: {
        partial: `${place}.partial`,
        final: this.#file,
        sink: null,
        report: join(folder, 'report'),
      },
      migration: null,
      internal: [],
      jobs: [],
      snapshotXml: null,
      libvirt: { uri, image: memory ? `${place}.memory` : null, overlays },
    };
  }

  async #carryOut(journal: Journal): Promise<Omit<ArchiveFacts, 'milliseconds'>> {
    const { domain, xml, disks } = this.#subject;
    const { memory, live, quiesce, keepOverlay, signal, asJob } = this.#options;
    const { libvirt, memory: place, exports } = journal.record;
    if (!libvirt || !place || !exports) throw new Error('the journal is of another kind');
    const { overlays, image } = libvirt;
    await mkdir(exports.folder, { mode: 0o700 });
    const lost = memory && live ? await lostByLibvirt(this.#connection, domain) : undefined;
    const flags =
      VIR_DOMAIN_SNAPSHOT_CREATE_NO_METADATA |
      (memory ? 0 : VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY) |
      (memory && live && !lost ? VIR_DOMAIN_SNAPSHOT_CREATE_LIVE : 0) |
      (quiesce ? VIR_DOMAIN_SNAPSHOT_CREATE_QUIESCE : 0);
    await journal.update({ step: 'switching', frozen: quiesce });
    await asJob(() => domain.snapshotCreateXML(snapshotXml(image, xml, overlays), flags));
    await journal.update({ step: 'streaming', frozen: false });
    signal.throwIfAborted();
    const { pauseMs } = memory ? await lastSnapshotJob(domain) : {};
    const { memory: kib } = await domain.getInfo();
    const archive = await archiveImages(place.partial, stillImages(disks), {
      ...this.#options,
      ...contents(this.#subject, {
        method: memory ? 'libvirt' : 'none',
        memory: memory ? Number(kib) * 1024 : null,
      }),
      stream: image === null ? undefined : { file: image, offset: await streamOffset(image) },
      folder: exports.folder,
      onWriter: (sink) => journal.update({ memory: { ...place, sink } }),
    });
    await completeSnapshot(journal);
    if (!keepOverlay) await mergeBack(domain, overlays);
    if (image !== null) await rm(image, { force: true });
    await rm(exports.folder, { recursive: true, force: true });
    return this.#facts(archive, pauseMs, overlays, lost);
  }

  #facts(
    archive: NonNullable<ArchiverReport['archive']>,
    pauseMs: bigint | undefined,
    overlays: readonly LibvirtOverlay[],
    lost: string | undefined,
  ): Omit<ArchiveFacts, 'milliseconds'> {
    const { memory, keepOverlay } = this.#options;
    return {
      ...archive,
      file: this.#file,
      method: memory ? 'libvirt' : 'none',
      reason: memory ? `libvirt takes the snapshot${lost ? `; not live: ${lost}` : ''}` : '',
      pauseMilliseconds: pauseMs === undefined || !this.#subject.running ? null : Number(pauseMs),
      overlays: keepOverlay ? overlays.map(({ target, file }) => ({ disk: target, file })) : [],
      obstacles: [],
    };
  }
}

function chosenDisks(
  disks: readonly DescribedImage[],
  { disks: asked, memory }: ArchiveCreateOptions,
): readonly DescribedImage[] {
  const writable = disks.filter(({ readonly }) => !readonly);
  const chosen = asked?.map((name) => {
    const disk = writable.find(({ target, file }) => target === name || file === name);
    if (!disk) throw refused(`no disk named '${name}'`);
    return disk;
  });
  const left = chosen && writable.find((disk) => !chosen.includes(disk));
  if (memory && left)
    throw refused(
      `memory fits nothing without disk '${left.target}': archive all disks, or no memory (--no-memory)`,
    );
  const wanted = chosen ?? writable;
  if (wanted.length === 0) throw refused('there is nothing to archive: the guest has no disks');
  const elsewhere = wanted.find(({ file }) => file === '');
  if (elsewhere) throw refused(`disk '${elsewhere.target}' is no file or device of this machine`);
  return wanted;
}

/**
 * The firmware's variables. Not of the very instant: those are in the memory, from where QEMU writes them back when it
 * loads it (pflash_post_load in hw/block/pflash_cfi01.c).
 */
async function readNvram(file: string | undefined): Promise<Nvram | undefined> {
  if (file === undefined) return undefined;
  const handle = await open(file, 'r').catch((error: NodeJS.ErrnoException) => {
    // It is made from a template when the domain first starts.
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  await handle?.close();
  if (!handle) return undefined;
  const bytes = await readFile(file);
  if (bytes.length > MAX_NVRAM) throw refused(`'${file}' has ${bytes.length} bytes, which is too much`);
  return { file, bytes };
}

/** Names of the disks' streams, in their order. */
function streamNames(disks: readonly DescribedImage[]): string[] {
  const taken = new Set<string>();
  for (const { target } of disks) taken.add(streamName(target, taken));
  return [...taken].map((name) => `disk/${name}`);
}

function contents(
  { domain, xml, disks, nvram, running }: Subject,
  facts: Pick<ArchivedDomain, 'method' | 'memory'>,
): Pick<Parameters<typeof archiveImages>[2], 'domain' | 'xml' | 'bytes'> {
  const names = streamNames(disks);
  return {
    xml,
    bytes: nvram && { [NVRAM]: nvram.bytes },
    domain: {
      version: 1,
      name: domain.name,
      uuid: domain.uuid,
      takenAt: new Date().toISOString(),
      running,
      ...facts,
      frozen: false,
      origin: 'libvirt',
      launch: null,
      disks: [
        ...disks.map(({ target, file }, index) => ({
          stream: names[index] as string,
          target,
          names: [target],
          chain: [file],
        })),
        ...(nvram ? [{ stream: NVRAM, target: NVRAM, names: [], chain: [nvram.file] }] : []),
      ],
    },
  };
}

function stillImages(disks: readonly DescribedImage[]): StillImage[] {
  const names = streamNames(disks);
  return disks.map(({ file, format }, index) => ({ stream: names[index] as string, file, format }));
}

function snapshotXml(image: string | null, xml: string, overlays: readonly LibvirtOverlay[]): string {
  const ours = new Map(overlays.map((overlay) => [overlay.target, overlay.file]));
  return buildSnapshotXml({
    memory: image === null ? undefined : { snapshot: 'external', file: image },
    disks: describedDisks(xml).map(({ target }) => {
      const file = ours.get(target);
      return file === undefined
        ? { name: target, snapshot: 'no' }
        : { name: target, snapshot: 'external', type: 'file', file };
    }),
  });
}

/** Where QEMU's stream begins in a memory image of libvirt. @throws HypervisorError it is none. */
async function streamOffset(image: string): Promise<number> {
  const handle = await open(image, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(SAVE_HEADER_BYTES), 0, SAVE_HEADER_BYTES, 0);
    const length = buffer.readUInt32LE(XML_LENGTH_AT);
    if (bytesRead < SAVE_HEADER_BYTES || buffer.toString('latin1', 0, 16) !== SAVE_MAGIC || length > MAX_XML)
      throw refused(`'${image}' is no memory image of libvirt`);
    return SAVE_HEADER_BYTES + length;
  } finally {
    await handle.close();
  }
}
