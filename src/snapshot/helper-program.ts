import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * A program of ours that runs beside the main one, or a thread's (`cjs`). Bundled code lies in dist/ or one of its folders; from
 * sources (in tests) the built one is used.
 */
export function helperProgram(
  name: 'snapshot-sink' | 'snapshot-archiver' | 'snapshot-guardian' | 'libvirt-guardian' | 'pipe-reader',
  kind: 'js' | 'cjs' = 'js',
): string {
  const file = `${name}.${kind}`;
  for (
    let folder = dirname(fileURLToPath(import.meta.url));
    folder !== dirname(folder);
    folder = dirname(folder)
  ) {
    for (const candidate of [join(folder, file), join(folder, 'dist', file)]) {
      if (existsSync(candidate)) return candidate;
    }
  }
  throw new Error(`${file} is missing: run npm run build`);
}
