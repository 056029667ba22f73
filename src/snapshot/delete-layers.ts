import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { KeptLayer } from './delete-model.js';
import { makePrivateFolder, writeDurably } from './durable-file.js';

/** Not the name of a snapshot's document, which ends in .xml. */
const fileOf = (domainFolder: string): string => join(domainFolder, 'snapshots', 'layers.json');

/** The images that deleted snapshots left because others lie on them, to be merged when that has changed. */
export async function readLayers(domainFolder: string): Promise<readonly KeptLayer[]> {
  const text = await readFile(fileOf(domainFolder), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '[]';
    throw error;
  });
  return JSON.parse(text) as KeptLayer[];
}

export async function writeLayers(domainFolder: string, layers: readonly KeptLayer[]): Promise<void> {
  await makePrivateFolder(join(domainFolder, 'snapshots'));
  if (layers.length === 0) await rm(fileOf(domainFolder), { force: true });
  else await writeDurably(fileOf(domainFolder), JSON.stringify(layers, null, 1));
}
