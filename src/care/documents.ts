import { readdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { stateRoot } from '../snapshot/state-folder.js';
import type { ExaminedDomain } from './examined-domain.js';
import type { Document } from './mentions.js';

/** What a connection tells of its domains and their snapshots. */
export function domainDocuments(domains: readonly ExaminedDomain[]): Document[] {
  return domains.flatMap(({ name, descriptions, snapshots }) => [
    ...descriptions.map((text) => ({ title: `the description of domain '${name}'`, text })),
    ...snapshots.map((snapshot) => ({
      title: `snapshot '${snapshot.name}' of domain '${name}'`,
      text: snapshot.xml,
    })),
  ]);
}

/**
 * All that snapctl itself keeps, of whatever domain: snapshots, how their guests were started, layers that others lie on,
 * journals. Not the lists of files that were made: being made by a snapshot is no reason to stay.
 * @throws SystemError something can't be read, and so nothing be proved.
 */
export async function stateDocuments(root = stateRoot()): Promise<Document[]> {
  const documents: Document[] = [];
  for (const kind of ['qmp', 'libvirt']) {
    for (const name of await listing(join(root, kind))) {
      const folder = join(root, kind, name);
      const places = [folder, ...(await listing(folder)).map((entry) => join(folder, entry))];
      for (const place of places) {
        for (const file of await listing(place)) {
          if (/^[^.].*\.(xml|launch|json)$/.test(file) && file !== 'made.json')
            documents.push(
              await read(join(place, file), file === 'journal.json' ? 'the journal' : 'snapctl'),
            );
        }
      }
    }
  }
  return documents;
}

async function listing(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
    throw error;
  });
}

async function read(path: string, what: string): Promise<Document> {
  // One that goes while we look is no longer needed by anybody.
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  return { title: `${what} (${path})`, text };
}

/** Where libvirt, and Proxmox VE, keep what they know of guests, of other connections too. */
const managedFolders = (): string[] => {
  const { XDG_CONFIG_HOME, XDG_RUNTIME_DIR } = process.env;
  return [
    '/etc/libvirt',
    '/var/lib/libvirt',
    '/run/libvirt',
    '/etc/pve',
    join(XDG_CONFIG_HOME || join(homedir(), '.config'), 'libvirt'),
    ...(XDG_RUNTIME_DIR ? [join(XDG_RUNTIME_DIR, 'libvirt')] : []),
  ];
};

const MAX_DEPTH = 6;

/** What programs that manage guests keep in files, as far as it may be read. */
export async function managedDocuments(folders: readonly string[] = managedFolders()): Promise<Document[]> {
  const documents: Document[] = [];
  const visit = async (folder: string, depth: number): Promise<void> => {
    for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
      const path = join(folder, entry.name);
      if (entry.isDirectory() && depth < MAX_DEPTH) await visit(path, depth + 1);
      else if (entry.isFile() && /\.(xml|conf|json|status)$/.test(entry.name)) {
        const text = await readFile(path, 'utf8').catch(() => '');
        documents.push({ title: path, text });
      }
    }
  };
  for (const folder of folders) await visit(folder, 0);
  return documents;
}
