import { randomBytes } from 'node:crypto';
import { lstat, open, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type ArchivedDomain, streamName } from '../archive/archived-domain.js';
import {
  VIR_DOMAIN_BLOCK_COMMIT_ACTIVE,
  VIR_DOMAIN_BLOCK_JOB_ABORT_PIVOT,
  VIR_DOMAIN_RUNNING,
  VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY,
  VIR_DOMAIN_SNAPSHOT_CREATE_LIVE,
  VIR_DOMAIN_SNAPSHOT_CREATE_NO_METADATA,
  VIR_DOMAIN_SNAPSHOT_CREATE_QUIESCE,
  VIR_ERR_CONFIG_UNSUPPORTED,
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
import { type DescribedImage, describedDisks } from './archive-xml.js';
import { buildSnapshotXml } from './snapshot-xml.js';

/** libvirt's header of a memory image (virQEMUSaveHeader in qemu_saveimage.h): magic, five numbers, fourteen unused. */
const SAVE_MAGIC = 'LibvirtQemudSave';
const SAVE_HEADER_BYTES = 92;
const XML_LENGTH_AT = 20;
const MAX_XML = 64 * 1024 * 1024;
const LOOK_MS = 100;
/** A merge that makes no progress for so long is given up. */
const MERGE_STALL_MS = 120_000;

const refused = (text: string): HypervisorError =>
  new HypervisorError(`unsupported configuration: ${text}`, { code: VIR_ERR_CONFIG_UNSUPPORTED });

/**
 * Archives a domain of libvirt on this machine. One that runs gets an external snapshot, whose memory image and frozen
 * disks go into the archive; then its overlays are merged back through libvirt. One that is off is read as it is.
 * @throws HypervisorError and others; the domain is on its own disks again then, or the message says what is left.
 */
export async function archiveLibvirt(
  connection: Connection,
  domain: Domain,
  file: string,
  options: ArchiveCreateOptions,
): Promise<ArchiveFacts> {
  const started = performance.now();
  await checkArchiveFile(file);
  if ((await connection.getHostname()) !== hostname())
    throw refused('the domain is on another machine: its disks cannot be read here');
  const active = await domain.isActive();
  const xml = await domain.getXMLDesc();
  const disks = chosenDisks(describedDisks(xml), options);
  const running = active && (await domain.getState()).state === VIR_DOMAIN_RUNNING;
  const memory = active && options.memory;
  const archived = describe(domain, disks, { running, method: memory ? 'libvirt' : 'none' });
  const write = (
    image: { readonly file: string; readonly offset: number } | undefined,
    size: number | null,
  ) =>
    archiveImages(file, images(archived, disks), {
      ...options,
      domain: { ...archived, memory: size },
      xml,
      memory: image,
    });
  if (!active) return imageFacts(file, await write(undefined, null), started);

  const operation = `archive-${randomBytes(4).toString('hex')}`;
  const image = memory
    ? join(dirname(file), `.${basename(file).slice(0, 180)}.${operation}.memory`)
    : undefined;
  const overlays = disks.map(({ target, file: base }) => ({ target, base, file: `${base}.${operation}` }));
  const flags =
    VIR_DOMAIN_SNAPSHOT_CREATE_NO_METADATA |
    (memory ? 0 : VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY) |
    (memory && options.live ? VIR_DOMAIN_SNAPSHOT_CREATE_LIVE : 0) |
    (options.quiesce ? VIR_DOMAIN_SNAPSHOT_CREATE_QUIESCE : 0);
  try {
    await domain.snapshotCreateXML(snapshotXml(operation, image, xml, overlays), flags);
    options.signal.throwIfAborted();
    const from = image === undefined ? undefined : { file: image, offset: await streamOffset(image) };
    const { memory: kib } = await domain.getInfo();
    const archive = await write(from, memory ? Number(kib) * 1024 : null);
    const kept = options.keepOverlay;
    if (!kept) await mergeBack(domain, overlays);
    return {
      ...imageFacts(file, archive, started),
      method: memory ? 'libvirt' : 'none',
      reason: memory ? 'libvirt takes the snapshot' : '',
      overlays: kept ? overlays.map((each) => ({ disk: each.target, file: each.file })) : [],
    };
  } catch (error) {
    await mergeBack(domain, overlays).catch((cause: unknown) => {
      const left = overlays.map((each) => `'${each.file}'`).join(', ');
      throw new HypervisorError(
        `${(error as Error).message}; the overlays ${left} could not be merged back: ${(cause as Error).message}`,
        { code: VIR_ERR_CONFIG_UNSUPPORTED, cause: error },
      );
    });
    throw error;
  } finally {
    if (image !== undefined) await rm(image, { force: true });
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
  return wanted;
}

function describe(
  { name, uuid }: Domain,
  disks: readonly DescribedImage[],
  facts: Pick<ArchivedDomain, 'running' | 'method'>,
): Omit<ArchivedDomain, 'disks'> & {
  readonly disks: readonly Omit<ArchivedDomain['disks'][number], 'size'>[];
} {
  const taken = new Set<string>();
  return {
    version: 1,
    name,
    uuid,
    takenAt: new Date().toISOString(),
    ...facts,
    frozen: false,
    memory: null,
    origin: 'libvirt',
    launch: null,
    disks: disks.map(({ target, file }) => {
      const stream = streamName(target, taken);
      taken.add(stream);
      return { stream: `disk/${stream}`, target, names: [target], chain: [file] };
    }),
  };
}

const images = (
  { disks }: { readonly disks: readonly { readonly stream: string }[] },
  described: readonly DescribedImage[],
): StillImage[] =>
  described.map(({ file, format }, index) => ({ stream: disks[index]?.stream ?? '', file, format }));

interface Overlay {
  readonly target: string;
  readonly base: string;
  readonly file: string;
}

function snapshotXml(
  name: string,
  image: string | undefined,
  xml: string,
  overlays: readonly Overlay[],
): string {
  const ours = new Map(overlays.map((overlay) => [overlay.target, overlay.file]));
  return buildSnapshotXml({
    name,
    description: undefined,
    memory: image === undefined ? undefined : { snapshot: 'external', file: image },
    disks: describedDisks(xml).map(({ target }) => {
      const file = ours.get(target);
      return file === undefined
        ? { name: target, snapshot: 'no' }
        : { name: target, snapshot: 'external', file };
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

/** Has libvirt merge each overlay back into what it lies on, and removes it. Those that are not in use are removed. */
async function mergeBack(domain: Domain, overlays: readonly Overlay[]): Promise<void> {
  const now = describedDisks(await domain.getXMLDesc());
  for (const { target, base, file } of overlays) {
    if (now.find((disk) => disk.target === target)?.file === file) {
      await domain.blockCommit(target, base, null, 0n, VIR_DOMAIN_BLOCK_COMMIT_ACTIVE);
      await untilReady(domain, target);
      await domain.blockJobAbort(target, VIR_DOMAIN_BLOCK_JOB_ABORT_PIVOT);
    }
    if (await lstat(file).catch(() => undefined)) await rm(file, { force: true });
  }
}

async function untilReady(domain: Domain, disk: string): Promise<void> {
  let last = -1n;
  let changed = performance.now();
  for (;;) {
    const job = await domain.getBlockJobInfo(disk);
    if (!job) throw new Error(`the merge of disk '${disk}' has ended by itself`);
    if (job.end > 0n && job.cur === job.end) return;
    if (job.cur !== last) {
      last = job.cur;
      changed = performance.now();
    } else if (performance.now() - changed > MERGE_STALL_MS) {
      throw new Error(`the merge of disk '${disk}' makes no progress`);
    }
    await delay(LOOK_MS);
  }
}
