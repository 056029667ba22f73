import { mkdtemp, open, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import {
  type ArchivedDomain,
  DOMAIN_DOCUMENT,
  SAVE_HEADER,
  XML_DOCUMENT,
} from '../archive/archived-domain.js';
import { ServedImage } from '../archive/qemu-nbd.js';
import type { ArchiveFacts, ArchiveFormat, ArchiveProgress } from '../hypervisor/index.js';
import type { ArchiverReport } from './archive-order.js';
import { type Archiver, LaunchedArchiver } from './archiver.js';
import type { ProcessIdentity } from './process-identity.js';
import { describeFailure } from './sink.js';

/** An image that nobody writes to now. */
export interface StillImage {
  /** Of the disk whose stream it becomes (see ArchivedDomain). */
  readonly stream: string;
  readonly file: string;
  readonly format: string;
}

export interface ArchiveImagesOptions extends ArchiveFormat {
  readonly domain: Omit<ArchivedDomain, 'disks'> & {
    readonly disks: readonly Omit<ArchivedDomain['disks'][number], 'size'>[];
  };
  readonly xml: string | undefined;
  /** An image of memory as libvirt writes it, with the place where QEMU's stream begins. */
  readonly stream?: { readonly file: string; readonly offset: number } | undefined;
  /** Small binary streams by their names; those that are named by a disk as well give it its size. */
  readonly bytes?: Readonly<Record<string, Buffer>> | undefined;
  /** For sockets, ours alone, and the caller's to remove; one is made if left out. */
  readonly folder?: string | undefined;
  /** Told of the process that writes, before it has written anything. */
  readonly onWriter?: ((process: ProcessIdentity) => Promise<void>) | undefined;
  readonly signal: AbortSignal;
  readonly onProgress?: ((progress: ArchiveProgress) => void) | undefined;
}

/**
 * Writes images that stand still into an archive. There is no such file until it is whole; what was written is gone if
 * anything fails, or if we are killed.
 * @throws Error
 */
export async function archiveImages(
  file: string,
  images: readonly StillImage[],
  options: ArchiveImagesOptions,
): Promise<NonNullable<ArchiverReport['archive']>> {
  const { signal, stream: memory, bytes = {}, onWriter } = options;
  const started = performance.now();
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'snapctl-')));
  const served: ServedImage[] = [];
  let archiver: Archiver | undefined;
  try {
    for (const { file: image, format } of images)
      served.push(await ServedImage.start(image, format, { signal, place: folder }));
    const sizes = new Map(Object.entries(bytes).map(([name, { length }]) => [name, length]));
    for (const [index, each] of served.entries()) {
      const client = await each.connect(signal);
      sizes.set(images[index]?.stream ?? '', client.size);
      client.close();
    }
    const total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    archiver = await new LaunchedArchiver(file).start(
      {
        file,
        report: join(folder, 'report'),
        memory: memory !== undefined,
        guestFirst: false,
        owner: null,
        blockSize: options.blockSize ?? null,
        dictionary: options.dictionary ?? 'auto',
        comment: options.comment ?? '',
        secret: options.encryption ?? null,
        base: options.base ?? null,
      },
      signal,
      (done, stored) =>
        options.onProgress?.({
          done,
          total: Math.max(total, done),
          stored,
          milliseconds: performance.now() - started,
        }),
    );
    await onWriter?.(archiver.process);
    const header = memory && (await feed(memory, archiver.uri.replace(/^unix:/, ''), signal));
    const { domain, xml } = options;
    const disks = domain.disks.map((disk) => ({ ...disk, size: sizes.get(disk.stream) ?? 0 }));
    archiver.finish({
      disks: images.map(({ stream }, index) => ({
        name: stream.replace(/^disk\//, ''),
        small: false,
        socket: served[index]?.socket ?? '',
        export: served[index]?.name ?? '',
      })),
      documents: {
        [DOMAIN_DOCUMENT]: JSON.stringify({ ...domain, disks }, null, 1),
        ...(xml === undefined ? {} : { [XML_DOCUMENT]: xml }),
      },
      bytes: Object.fromEntries(
        Object.entries({ ...bytes, ...(header ? { [SAVE_HEADER]: header } : {}) }).map(([name, each]) => [
          name,
          each.toString('base64'),
        ]),
      ),
    });
    const report = await archiver.report(signal);
    if (report.failure !== null || !report.archive)
      throw new Error(`cannot write '${file}': ${describeFailure(report.failure ?? '')}`);
    return report.archive;
  } catch (error) {
    await archiver?.giveUp();
    signal.throwIfAborted();
    throw error;
  } finally {
    for (const each of served) await each.close();
    if (options.folder === undefined) await rm(folder, { recursive: true, force: true });
  }
}

/** Hands QEMU's stream in a file over to the archiver. @returns what stands before it. */
async function feed(
  { file, offset }: { readonly file: string; readonly offset: number },
  socket: string,
  signal: AbortSignal,
): Promise<Buffer> {
  const handle = await open(file, 'r');
  try {
    const { buffer } = await handle.read(Buffer.alloc(offset), 0, offset, 0);
    const stream = handle.createReadStream({ start: offset, highWaterMark: 1 << 20, autoClose: false });
    await pipeline(stream, connect(socket), { signal });
    return buffer;
  } finally {
    await handle.close();
  }
}

/** What an archive of images cost, for the user. */
export const imageFacts = (
  file: string,
  archive: NonNullable<ArchiverReport['archive']>,
  started: number,
): ArchiveFacts => ({
  file,
  method: 'none',
  reason: '',
  pauseMilliseconds: null,
  milliseconds: performance.now() - started,
  ...archive,
  overlays: [],
  obstacles: [],
});
