import { dirname, join } from 'node:path';
import type { OpenImage } from '../snapshot/open-images.js';
import { refusal } from './refusals.js';

/**
 * The name of an image in a chain from the folder of one above it, made of the relative names that the headers between
 * them have.
 * @param above the image that will lie on it.
 * @throws HypervisorError in libvirt's words: some name on the way is not relative.
 */
export function relativeBacking(
  images: readonly Pick<OpenImage, 'file' | 'details'>[],
  above: string,
  base: number,
): string {
  const start = images.findIndex(({ file }) => file === above);
  let folder = '';
  let name = '';
  for (const { details } of images.slice(start, base)) {
    const backing = details.image['backing-filename'];
    if (backing === undefined || backing.startsWith('/') || /^[^/]*:/.test(backing))
      throw refusal('unsupported', "can't keep relative backing relationship");
    name = join(folder, backing);
    folder = dirname(name);
  }
  return name;
}
