import { lstat } from 'node:fs/promises';
import { VIR_DOMAIN_XML_INACTIVE } from '../hypervisor/constants.js';
import type { Domain, NamedImage } from '../hypervisor/index.js';
import { frozenImages } from '../snapshot/delete-document.js';
import { readImageInfo } from '../snapshot/image-info.js';
import { realFile } from '../snapshot/real-file.js';
import { parseSnapshotXml } from '../snapshot/snapshot-description.js';
import { libvirtStateFolder } from '../snapshot/state-folder.js';
import { describedDisks } from './described-disks.js';
import type { ExaminedDisk, ExaminedDomain, ExaminedImage, ExaminedSnapshot } from './examined-domain.js';

/** How many images a chain may have: QEMU itself gives up before that. */
const MAX_CHAIN = 1000;

export interface ExamineOptions {
  /** The disks of the next start, rather than those of now. */
  readonly inactive?: boolean;
  /** The hypervisor's files are not on this machine: they are told, not looked at. */
  readonly remote?: boolean;
}

/** Looks at a domain's disks, its snapshots, and the files of both. @throws HypervisorError */
export async function examineDomain(domain: Domain, options: ExamineOptions = {}): Promise<ExaminedDomain> {
  const facts = options.inactive ? undefined : await domain.getCareFacts?.();
  const running = facts !== undefined || (await domain.isActive());
  const now = await domain.getXMLDesc(options.inactive ? VIR_DOMAIN_XML_INACTIVE : 0);
  const next =
    facts || options.inactive || !running || !(await domain.isPersistent())
      ? []
      : [await domain.getXMLDesc(VIR_DOMAIN_XML_INACTIVE)];
  const told = facts?.disks ?? describedDisks(now);
  const look = looker(options.remote ?? false);
  const disks: ExaminedDisk[] = [];
  for (const { target, readonly, images } of told)
    disks.push({ target, readonly, told: images.length, images: await chainOf(images, look) });
  return {
    name: domain.name,
    uuid: domain.uuid,
    running,
    facts,
    stateFolder: facts?.stateFolder ?? libvirtStateFolder(domain.uuid),
    descriptions: [now, ...next],
    disks,
    snapshots: await examineSnapshots(domain),
  };
}

async function examineSnapshots(domain: Domain): Promise<ExaminedSnapshot[]> {
  const snapshots: ExaminedSnapshot[] = [];
  for (const snapshot of await domain.listAllSnapshots()) {
    const xml = await snapshot.getXMLDesc();
    const description = parseSnapshotXml(xml);
    const frozen = frozenImages(xml);
    const files: ExaminedSnapshot['files'][number][] = [];
    for (const disk of description.disks.filter((each) => each.snapshot === 'external')) {
      const base = frozen.get(disk.name);
      if (base?.file.startsWith('/'))
        files.push({ file: await realFile(base.file), part: 'base', disk: disk.name, format: base.format });
      if (disk.file?.startsWith('/')) {
        const file = await realFile(disk.file);
        files.push({ file, part: 'overlay', disk: disk.name, format: disk.driver ?? 'qcow2' });
      }
    }
    const memory = description.memory?.file;
    if (memory?.startsWith('/'))
      files.push({ file: await realFile(memory), part: 'memory', disk: undefined, format: undefined });
    snapshots.push({ name: snapshot.name, description, files, xml });
  }
  return snapshots;
}

type Look = (image: NamedImage) => Promise<ExaminedImage>;

/** The images that are told of, and what the last of them lies on. */
async function chainOf(told: readonly NamedImage[], look: Look): Promise<ExaminedImage[]> {
  const chain: ExaminedImage[] = [];
  for (const image of told) chain.push(await look(image));
  for (
    let last = chain.at(-1);
    last?.backing !== undefined && chain.length < MAX_CHAIN;
    last = chain.at(-1)
  ) {
    const { backing } = last;
    if (chain.some(({ file }) => file === backing)) break;
    // A format is never guessed: a guest could make its raw disk look like an image that lies on any file.
    if (last.backingFormat === undefined) {
      chain.push(unknown({ file: backing, format: 'unknown' }, 'unreadable', 'its format is not recorded'));
      break;
    }
    chain.push(await look({ file: backing, format: last.backingFormat }));
  }
  return chain;
}

/** Looks at each image once. */
function looker(remote: boolean): Look {
  const seen = new Map<string, Promise<ExaminedImage>>();
  return async ({ file, format }) => {
    const here = !remote && file.startsWith('/');
    const named = { file: here ? await realFile(file) : file, format };
    const key = `${format} ${named.file}`;
    const looking =
      seen.get(key) ?? (here ? lookAt(named) : unknown(named, 'elsewhere', 'no file of this machine'));
    seen.set(key, Promise.resolve(looking));
    return looking;
  };
}

async function lookAt(image: NamedImage): Promise<ExaminedImage> {
  const found = await lstat(image.file).catch((error: NodeJS.ErrnoException) => error);
  if (found instanceof Error) {
    return found.code === 'ENOENT'
      ? unknown(image, 'missing', 'there is no such file')
      : unknown(image, 'unreadable', found.message);
  }
  const owner = { uid: found.uid, gid: found.gid, mode: found.mode & 0o7777 };
  try {
    const { backing, backingFormat, bytes, size, tags } = await readImageInfo(image.file, image.format);
    return { ...image, problem: undefined, size, bytes, backing, backingFormat, tags, owner };
  } catch (error) {
    const [line = ''] = String((error as { stderr?: string }).stderr ?? error).split('\n');
    return { ...unknown(image, 'unreadable', line.replace(/^qemu-img: */, '')), owner };
  }
}

const unknown = (
  image: NamedImage,
  kind: 'missing' | 'unreadable' | 'elsewhere',
  text: string,
): ExaminedImage => ({
  ...image,
  problem: { kind, text },
  size: undefined,
  bytes: undefined,
  backing: undefined,
  backingFormat: undefined,
  tags: [],
  owner: undefined,
});
