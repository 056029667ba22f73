import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * A program of ours that runs beside the main one. Bundled code lies in dist/ or one of its folders; from
 * sources (in tests) the built one is used.
 */
export function helperProgram(
  name: 'snapshot-sink' | 'snapshot-archiver' | 'snapshot-guardian' | 'libvirt-guardian',
): string {
  for (
    let folder = dirname(fileURLToPath(import.meta.url));
    folder !== dirname(folder);
    folder = dirname(folder)
  ) {
    for (const candidate of [join(folder, `${name}.js`), join(folder, 'dist', `${name}.js`)]) {
      if (existsSync(candidate)) return candidate;
    }
  }
  throw new Error(`${name}.js is missing: run npm run build`);
}
