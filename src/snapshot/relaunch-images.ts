import { execFile } from 'node:child_process';
import { lstat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { DOMParser, type Element, XMLSerializer } from '@xmldom/xmldom';
import { VIR_ERR_CONFIG_UNSUPPORTED, VIR_FROM_DOMAIN_SNAPSHOT } from '../hypervisor/constants.js';
import { HypervisorError } from '../hypervisor/index.js';
import type { GuestDisk } from './guest-disks.js';
import type { StoredSnapshot } from './snapshot-store.js';

/** A disk's image as an external snapshot has frozen it. */
export interface FrozenImage {
  /** As the user knows the disk. */
  readonly disk: string;
  readonly file: string;
  readonly format: string;
  /** Bytes the guest sees. */
  readonly size: number;
  /** Itself and all that it lies on, top first. */
  readonly chain: readonly string[];
}

/** What becomes of the disks' images in a revert. */
export interface RevertImages {
  readonly frozen: readonly FrozenImage[];
  /** New, empty overlays on the frozen images, in their order. */
  readonly overlays: readonly { readonly base: FrozenImage; readonly file: string }[];
  /** Overlays that hold what is given up, and that nothing else lies on. */
  readonly discard: readonly string[];
  /** The snapshot's document, which names the new overlays in the place of those that go. */
  readonly xml: string;
}

const ENDING = /\.revert\d+$/;

const refused = (text: string): HypervisorError =>
  new HypervisorError(`unsupported configuration: ${text}`, {
    code: VIR_ERR_CONFIG_UNSUPPORTED,
    domain: VIR_FROM_DOMAIN_SNAPSHOT,
  });

/**
 * Decides which images the guest goes back to, what its new overlays are called, and which of the present ones
 * nobody needs afterwards: of those that a snapshot or a revert made, the ones that no snapshot's state is in.
 * @throws HypervisorError an image is missing, or is being written to.
 */
export async function planRevertImages(
  snapshot: StoredSnapshot,
  all: readonly StoredSnapshot[],
  disks: readonly GuestDisk[],
): Promise<RevertImages> {
  const frozen = await frozenImages(snapshot);
  const active = disks.flatMap(({ medium }) => (medium && !medium.readonly ? [medium.file] : []));
  const written = frozen.find(({ chain }) => chain.some((file) => active.includes(file)));
  if (written) {
    throw refused(`the image of disk '${written.disk}' at snapshot '${snapshot.name}' is being written to`);
  }
  const external = externalDisks(snapshot);
  const overlays: { base: FrozenImage; file: string }[] = [];
  for (const base of frozen) {
    const before = external.find(({ name }) => name === base.disk)?.file ?? base.file;
    overlays.push({ base, file: await freeName(before.replace(ENDING, '')) });
  }
  const needed = await neededFiles(snapshot, all);
  const elsewhere = new Set(
    all
      .filter(({ name }) => name !== snapshot.name)
      .flatMap((each) => externalDisks(each).map(({ file }) => file)),
  );
  const own = external.map(({ file }) => file);
  const candidates = new Set([...own, ...active.filter((file) => ENDING.test(file))]);
  const discard: string[] = [];
  for (const file of candidates) {
    const found = await lstat(file).catch(() => undefined);
    if (found?.isFile() && !needed.has(file) && !elsewhere.has(file)) discard.push(file);
  }
  const replaced = overlays.filter(({ base }) => {
    const before = external.find(({ name }) => name === base.disk)?.file;
    return before !== undefined && discard.includes(before);
  });
  const xml = withOverlays(snapshot.xml, new Map(replaced.map(({ base, file }) => [base.disk, file])));
  return { frozen, overlays, discard, xml };
}

const externalDisks = ({ description }: StoredSnapshot): { readonly name: string; readonly file: string }[] =>
  description.disks.flatMap(({ name, snapshot, file }) =>
    snapshot === 'external' && file !== undefined ? [{ name, file }] : [],
  );

/** The images that an external snapshot's disks were on, as its document tells of the domain then. */
async function frozenImages(snapshot: StoredSnapshot): Promise<FrozenImage[]> {
  const domain = domainDisks(snapshot.xml);
  const images: FrozenImage[] = [];
  for (const { name, file: overlay } of externalDisks(snapshot)) {
    const told = domain.get(name);
    const { file, format } = told ?? (await backingOf(overlay));
    const chain = await imageChain(file, format);
    const [top] = chain;
    if (!top) throw refused(`disk '${name}' has no image at snapshot '${snapshot.name}'`);
    images.push({
      disk: name,
      file,
      format,
      size: top['virtual-size'],
      chain: chain.map((each) => each.filename),
    });
  }
  return images;
}

/** Files that some snapshot's state is in. A snapshot whose images can't be read still needs those that it names. */
async function neededFiles(target: StoredSnapshot, all: readonly StoredSnapshot[]): Promise<Set<string>> {
  const needed = new Set<string>();
  const add = async (file: string, format: string | undefined): Promise<void> => {
    needed.add(file);
    const chain = format === undefined ? [] : await imageChain(file, format).catch(() => []);
    for (const { filename } of chain) needed.add(filename);
  };
  for (const snapshot of all) {
    for (const { file, format } of domainDisks(snapshot.xml).values()) await add(file, format);
    if (snapshot.name === target.name) continue;
    for (const { file } of externalDisks(snapshot)) {
      const below = await backingOf(file).catch(() => undefined);
      if (below) await add(below.file, below.format);
    }
  }
  return needed;
}

interface ImageInfo {
  readonly filename: string;
  readonly format: string;
  readonly 'virtual-size': number;
  readonly 'full-backing-filename'?: string;
  readonly 'backing-filename'?: string;
  readonly 'backing-filename-format'?: string;
}

/** The format is never guessed: a guest can write what looks like a header into a raw image. */
export async function imageChain(file: string, format: string): Promise<ImageInfo[]> {
  try {
    const { stdout } = await promisify(execFile)(
      'qemu-img',
      ['info', '-U', '--backing-chain', '--output=json', '-f', format, '--', file],
      { timeout: 60_000, maxBuffer: 64 * 1024 * 1024 },
    );
    return JSON.parse(stdout) as ImageInfo[];
  } catch (error) {
    const said = String((error as { stderr?: string }).stderr ?? '').trim();
    throw refused(
      `image '${file}' cannot be read: ${said.replace(/^qemu-img: /, '') || (error as Error).message}`,
    );
  }
}

async function backingOf(overlay: string): Promise<{ file: string; format: string }> {
  const [top, below] = await imageChain(overlay, 'qcow2');
  const format = top?.['backing-filename-format'] ?? below?.format;
  const file = top?.['full-backing-filename'] ?? top?.['backing-filename'];
  if (file === undefined || format === undefined) throw refused(`image '${overlay}' lies on nothing`);
  return { file, format };
}

/** The disks of the domain's description in a snapshot's document, by their names: the images that it froze. */
export function domainDisks(xml: string): Map<string, { file: string; format: string }> {
  const disks = new Map<string, { file: string; format: string }>();
  const root = new DOMParser().parseFromString(xml, 'text/xml').documentElement;
  const [devices] = root ? elements(root, 'domain').flatMap((domain) => elements(domain, 'devices')) : [];
  for (const disk of devices ? elements(devices, 'disk') : []) {
    const [[source], [target], [driver]] = [
      elements(disk, 'source'),
      elements(disk, 'target'),
      elements(disk, 'driver'),
    ];
    const file = source?.getAttribute('file') || source?.getAttribute('dev');
    const name = target?.getAttribute('dev');
    const format = driver?.getAttribute('type');
    if (file && name && format) disks.set(name, { file, format });
  }
  return disks;
}

/** The document with other overlays. @param files by the disks' names. */
function withOverlays(xml: string, files: ReadonlyMap<string, string>): string {
  if (files.size === 0) return xml;
  const document = new DOMParser().parseFromString(xml, 'text/xml');
  const root = document.documentElement;
  const disks = root ? elements(root, 'disks').flatMap((list) => elements(list, 'disk')) : [];
  for (const disk of disks) {
    const file = files.get(disk.getAttribute('name') ?? '');
    const [source] = elements(disk, 'source');
    if (file === undefined || !source) continue;
    source.removeAttribute('dev');
    source.setAttribute('file', file);
    disk.setAttribute('type', 'file');
  }
  return new XMLSerializer().serializeToString(document);
}

const elements = (parent: Element, name: string): Element[] =>
  Array.from(parent.childNodes).filter((node): node is Element => node.nodeName === name);

async function freeName(stem: string): Promise<string> {
  for (let number = 1; ; number++) {
    const name = `${stem}.revert${number}`;
    if (!(await lstat(name).catch(() => undefined))) return name;
  }
}
