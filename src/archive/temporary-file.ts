import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, link, lstat, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** A file that gets its name only when it is whole. */
export class TemporaryFile {
  private constructor(
    readonly path: string,
    readonly temporary: string,
    readonly handle: FileHandle,
  ) {}

  /** @throws SystemError; EEXIST if there is a file of the final name already. */
  static async create(path: string): Promise<TemporaryFile> {
    await mustNotExist(path);
    const temporary = join(
      dirname(path),
      `.${basename(path).slice(0, 200)}.${randomBytes(6).toString('hex')}.part`,
    );
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
    return new TemporaryFile(path, temporary, await open(temporary, flags, 0o600));
  }

  /** Syncs it and gives it its name. @throws SystemError EEXIST: a file of this name has come into being */
  async keep(): Promise<void> {
    await this.handle.sync();
    await this.handle.close();
    try {
      // Unlike rename(), link() never replaces what is there.
      await link(this.temporary, this.path);
      await rm(this.temporary, { force: true });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP' && code !== 'ENOSYS') throw error;
      // A file system without links.
      await mustNotExist(this.path);
      await rename(this.temporary, this.path);
    }
    await syncFolder(dirname(this.path));
  }

  /** Never throws. */
  async remove(): Promise<void> {
    await this.handle.close().catch(() => undefined);
    await rm(this.temporary, { force: true }).catch(() => undefined);
  }
}

async function mustNotExist(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (!found) return;
  const error: NodeJS.ErrnoException = new Error(`EEXIST: file already exists, open '${path}'`);
  throw Object.assign(error, { code: 'EEXIST', errno: -17, syscall: 'open', path });
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
