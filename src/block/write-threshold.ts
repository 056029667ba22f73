import type { Guest } from '../snapshot/guest.js';
import { type OpenImage, queryOpenImages } from '../snapshot/open-images.js';
import { findChain, placeInChain } from './disk-chain.js';

/**
 * Asks for an event once the file of an image is written to beyond an offset.
 * @param name of a disk, or `vda[1]` for an image deeper in its chain.
 * @param threshold bytes; 0 for no event any more.
 */
export async function setWriteThreshold(guest: Guest, name: string, threshold: bigint): Promise<void> {
  const [, disk = name] = /^(.*)\[\d+\]$/.exec(name) ?? [];
  const chain = await findChain(guest, disk);
  const image = disk === name ? chain.images[0] : chain.images[await placeInChain(chain, name)];
  const format = image?.node ?? chain.images[0].node;
  // What grows is the file below the format.
  const node = chain.graph.childOf(format, 'file') ?? format;
  await guest.qmp.execute('block-set-write-threshold', {
    'node-name': node,
    'write-threshold': Number(threshold),
  });
}

/** The image whose file, or which itself, a node is: as `vda` or `vda[1]`, with its path. */
export async function nameOfNode(
  guest: Guest,
  node: string,
): Promise<{ readonly device: string; readonly path: string } | undefined> {
  const { chains, graph } = await queryOpenImages(guest);
  const isIt = (image: OpenImage): boolean =>
    image.node === node || graph.childOf(image.node, 'file') === node;
  for (const { disk, images } of chains) {
    const place = images.findIndex(isIt);
    if (place < 0) continue;
    return {
      device: place === 0 ? disk.target : `${disk.target}[${place}]`,
      path: images[place]?.file ?? '',
    };
  }
  return undefined;
}
