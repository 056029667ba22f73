import { lstat, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describeOperation, Journal } from '../snapshot/journal.js';
import { isStillThere, type MadeFile, readMade } from '../snapshot/made-files.js';
import { realFile } from '../snapshot/real-file.js';
import { domainDocuments, managedDocuments, stateDocuments } from './documents.js';
import type { ExaminedDomain } from './examined-domain.js';
import { type Candidate, type GarbagePlan, planGarbage } from './garbage.js';
import { readImageHeader } from './image-header.js';
import { type Document, mentionOf, pathsIn } from './mentions.js';
import { OpenFiles } from './open-files.js';

/** What is being written changes; what has not for so long, and nobody has open, was given up. In ms. */
const PARTIAL_AGE_MS = 10 * 60_000;

/** Files that are called so until they are whole (see partial-name.ts). */
const PARTIAL = /^\..+\.[0-9a-f]{12}\.partial$/;

export interface FoundGarbage extends GarbagePlan {
  /** The notes of those files that snapshots have made, by file. */
  readonly made: ReadonlyMap<string, MadeFile>;
}

/**
 * Finds files that snapshots have made, or begun, and that nothing refers to any more. Nothing is touched.
 * @param wanted the domains whose files may go.
 * @param all every domain of the connection.
 * @throws SystemError what snapctl keeps can't be read: nothing could be proved then.
 */
export async function findGarbage(
  wanted: readonly ExaminedDomain[],
  all: readonly ExaminedDomain[],
): Promise<FoundGarbage> {
  const documents = [...domainDocuments(all), ...(await stateDocuments()), ...(await managedDocuments())];
  const needed = new Map<string, string>();
  const candidates: Candidate[] = [];
  const made = new Map<string, MadeFile>();
  for (const domain of wanted) {
    const found: Candidate[] = [];
    for (const note of await readMade(domain.stateFolder)) {
      if (!(await isStillThere(note))) continue;
      made.set(note.file, note);
      found.push(await candidateOf(note));
    }
    found.push(...(await partials(domain)));
    const journal = await Journal.read(domain.stateFolder);
    if (journal)
      for (const { file } of found) needed.set(file, `${describeOperation(journal)} has not ended`);
    candidates.push(...found);
  }
  if (candidates.length === 0) return { remove: [], keep: [], made };
  await collectNeeds(candidates, all, documents, needed);
  const folders = new Set(candidates.map(({ file }) => dirname(file)));
  const backing = await readBackings(documents, folders, (folder, reason) => {
    for (const { file } of candidates) if (dirname(file) === folder) needed.set(file, reason);
  });
  return { ...planGarbage(candidates, { needed, backing }), made };
}

async function candidateOf({ file, part, snapshot, domain }: MadeFile): Promise<Candidate> {
  const { blocks } = await lstat(file);
  return { file, part, bytes: blocks * 512, origin: `made by snapshot '${snapshot}' of domain '${domain}'` };
}

/** Half-written files beside the images of a domain. */
async function partials({ name: domain, disks, snapshots }: ExaminedDomain): Promise<Candidate[]> {
  const images = disks.flatMap(({ images }) => images.map(({ file }) => file));
  const files = [...images, ...snapshots.flatMap(({ files }) => files.map(({ file }) => file))];
  const found: Candidate[] = [];
  for (const folder of new Set(files.filter((file) => file.startsWith('/')).map((file) => dirname(file)))) {
    for (const name of (await readdir(folder).catch(() => [])).filter((each) => PARTIAL.test(each))) {
      const file = await realFile(join(folder, name));
      const about = await lstat(file).catch(() => undefined);
      if (!about?.isFile() || Date.now() - about.mtimeMs < PARTIAL_AGE_MS) continue;
      const origin = `never finished, beside the images of domain '${domain}'`;
      found.push({ file, part: 'partial', bytes: about.blocks * 512, origin });
    }
  }
  return found;
}

async function collectNeeds(
  candidates: readonly Candidate[],
  all: readonly ExaminedDomain[],
  documents: readonly Document[],
  needed: Map<string, string>,
): Promise<void> {
  const open = await OpenFiles.look();
  for (const { file } of candidates) {
    if (needed.has(file)) continue;
    const user = all.find(({ disks }) =>
      disks.some(({ images }) => images.some((each) => each.file === file)),
    );
    const reason =
      (user && `domain '${user.name}' is on it`) ?? tellerOf(file, documents) ?? (await open.whyInUse(file));
    if (reason !== undefined) needed.set(file, reason);
  }
}

/** What lies on what, of all images that documents tell of and all in some folders. */
async function readBackings(
  documents: readonly Document[],
  folders: ReadonlySet<string>,
  refuse: (folder: string, reason: string) => void,
): Promise<Map<string, string>> {
  const backing = new Map<string, string>();
  const follow = async (path: string): Promise<void> => {
    for (let file: string | undefined = path; file?.startsWith('/') && !backing.has(file); ) {
      const found = await lstat(file).catch(() => undefined);
      // Nothing else is opened: a pipe or a terminal would not answer.
      if (!found?.isFile() && !found?.isBlockDevice()) return;
      const { backing: below } = await readImageHeader(file);
      if (below === undefined) return;
      backing.set(file, below);
      file = below;
    }
  };
  const told = new Set(documents.flatMap((document) => [...pathsIn(document)]));
  // What is told of and can't be read is no image of a guest that could be looked after here.
  for (const path of told) await follow(await realFile(path)).catch(() => undefined);
  for (const folder of folders) {
    for (const name of await readdir(folder)) {
      const path = join(folder, name);
      await follow(path).catch((error: Error) =>
        refuse(folder, `'${path}' may lie on it, and cannot be read: ${error.message}`),
      );
    }
  }
  return backing;
}

function tellerOf(file: string, documents: readonly Document[]): string | undefined {
  const teller = mentionOf(file, documents);
  return teller && `${teller.title} tells of it`;
}
