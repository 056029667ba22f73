import { lstat, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { frozenImages, halfDeletedDisks } from './delete-document.js';
import type { PlannedImage } from './delete-images.js';
import { readLayers } from './delete-layers.js';
import { DeleteRefused, type DeleteSituation, type PlannedSnapshot } from './delete-model.js';
import type { Guest } from './guest.js';
import { readImageInfo } from './image-info.js';
import { type OpenImages, queryOpenImages } from './open-images.js';
import { realFile } from './real-file.js';
import type { SnapshotDescription } from './snapshot-description.js';
import { SnapshotStore } from './snapshot-store.js';

/** A snapshot with its document. */
export interface Documented {
  readonly name: string;
  readonly description: SnapshotDescription;
  readonly xml: string;
}

/** Files with their formats, as far as these are known. */
type Formats = Map<string, string>;

/** What is known of a domain's images before it is judged whether they can be worked on. */
export interface KnownImages extends Omit<DeleteSituation, 'active' | 'memory'> {
  readonly chains: OpenImages['chains'];
}

/**
 * What the documents tell, what QEMU has open, what the images' own headers say, and which files other domains' documents
 * name.
 * @param snapshots all of the domain's.
 */
export async function readKnownImages(guest: Guest, snapshots: readonly Documented[]): Promise<KnownImages> {
  const formats: Formats = new Map();
  const planned: PlannedSnapshot[] = [];
  for (const snapshot of snapshots) planned.push(await describe(snapshot, formats));
  const layers = await readLayers(guest.folder);
  const elsewhere: Formats = new Map();
  const foreign = await namedByOthers(guest.folder, elsewhere);
  for (const [file, format] of elsewhere) if (!formats.has(file)) formats.set(file, format);
  const { chains } = await queryOpenImages(guest);
  for (const { images: chain } of chains) for (const { file, format } of chain) formats.set(file, format);
  const images = new Map<string, PlannedImage>();
  for (const [file, format] of formats) await addChain(images, file, format);
  return { snapshots: planned, images, foreign, layers, chains };
}

/**
 * Finds out all that planning a deletion needs.
 * @param snapshots all of the domain's.
 * @throws DeleteRefused a disk is in no state to be worked on.
 */
export async function readDeleteSituation(
  guest: Guest,
  snapshots: readonly Documented[],
): Promise<DeleteSituation> {
  const { chains, ...known } = await readKnownImages(guest, snapshots);
  for (const { disk, images: chain } of chains) {
    if (disk.medium?.busy) throw new DeleteRefused(`disk '${disk.target}' is in use by a block job`);
    for (const [index, { file }] of chain.entries()) {
      const below = chain[index + 1]?.file;
      if (known.images.get(file)?.backing !== below)
        throw new DeleteRefused(
          `disk '${disk.target}': QEMU and the header of '${file}' disagree on what it lies on`,
        );
    }
  }
  const active = chains.flatMap(({ disk, images: [top] }) =>
    top && !disk.medium?.readonly ? [{ disk: disk.target, file: top.file }] : [],
  );
  return { ...known, active, memory: await memorySizes(known.snapshots) };
}

async function describe({ name, description, xml }: Documented, formats: Formats): Promise<PlannedSnapshot> {
  const frozen = frozenImages(xml);
  const note = async (file: string | undefined, format: string | undefined): Promise<string | undefined> => {
    if (!file?.startsWith('/')) return undefined;
    const real = await realFile(file);
    if (format !== undefined) formats.set(real, format);
    return real;
  };
  const external: { disk: string; overlay: string | undefined; base: string | undefined }[] = [];
  for (const disk of description.disks.filter((each) => each.snapshot === 'external')) {
    const base = frozen.get(disk.name);
    external.push({
      disk: disk.name,
      overlay: await note(disk.file, disk.driver ?? 'qcow2'),
      base: await note(base?.file, base?.format),
    });
  }
  return {
    name,
    external,
    internal:
      description.memory?.snapshot === 'internal' ||
      description.disks.some((disk) => disk.snapshot === 'internal'),
    memoryFile: await note(description.memory?.file, undefined),
    halfDeleted: halfDeletedDisks(xml).length > 0,
  };
}

/** Every file that the documents of other domains name, under the same root. */
async function namedByOthers(ownFolder: string, formats: Formats): Promise<Set<string>> {
  const parent = dirname(ownFolder);
  const foreign = new Set<string>();
  for (const entry of await readdir(parent).catch(() => [])) {
    const folder = join(parent, entry);
    if (folder === ownFolder) continue;
    const snapshots = await new SnapshotStore(folder).list().catch((error: Error) => {
      throw new DeleteRefused(`cannot tell which images another domain uses: ${error.message}`);
    });
    for (const snapshot of snapshots) {
      const { external, memoryFile } = await describe(snapshot, formats);
      for (const file of [memoryFile, ...external.flatMap(({ overlay, base }) => [overlay, base])]) {
        if (file !== undefined) foreign.add(file);
      }
    }
    for (const { file } of await readLayers(folder)) foreign.add(file);
  }
  return foreign;
}

/** Reads an image and all it lies on; what is not there, or is no image, is left out. */
async function addChain(images: Map<string, PlannedImage>, file: string, format: string): Promise<void> {
  if (images.has(file)) return;
  const found = await lstat(file).catch(() => undefined);
  const info = found && (await readImageInfo(file, format).catch(() => undefined));
  if (!found || !info) return;
  const { backing, backingFormat, bytes, size, tags } = info;
  const growable = found.isFile() && (format === 'qcow2' || format === 'raw');
  images.set(file, { file, format, backing, bytes, size, growable, tags });
  if (backing !== undefined && backingFormat !== undefined) await addChain(images, backing, backingFormat);
}

async function memorySizes(snapshots: readonly PlannedSnapshot[]): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  for (const { memoryFile } of snapshots) {
    const found = memoryFile === undefined ? undefined : await lstat(memoryFile).catch(() => undefined);
    if (memoryFile !== undefined && found?.isFile()) sizes.set(memoryFile, found.size);
  }
  return sizes;
}
