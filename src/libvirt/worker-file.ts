import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * The worker's built file: next to a bundle or its chunks, or in dist/ when the sources themselves run (a worker thread loads
 * plain JavaScript only).
 * @throws Error if nothing was built.
 */
export function workerFile(): URL {
  for (const place of ['./libvirt-worker.cjs', '../libvirt-worker.cjs', '../../dist/libvirt-worker.cjs']) {
    const url = new URL(place, import.meta.url);
    if (existsSync(fileURLToPath(url))) return url;
  }
  throw new Error('libvirt-worker.cjs is missing: run npm run build');
}
