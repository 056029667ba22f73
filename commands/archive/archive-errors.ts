import { ArchiveError } from '../../src/archive/archive-error.js';
import { CommandError, systemErrorText } from '../../src/shell/index.js';

/** Runs work on archives; what the file system says against it becomes a sentence. @throws CommandError */
export async function onArchive<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ArchiveError) throw new CommandError(error.message);
    const { code, path: named } = error as NodeJS.ErrnoException;
    if (code === undefined || !/^E[A-Z0-9]+$/.test(code)) throw error;
    throw new CommandError(`cannot open '${named ?? path}': ${systemErrorText(error)}`);
  }
}
