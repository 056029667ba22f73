import { realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** A file's one name, so that names can be compared; for a file that is gone, by its folder. */
export async function realFile(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    const folder = await realpath(dirname(path)).catch(() => dirname(path));
    return join(folder, basename(path));
  }
}
