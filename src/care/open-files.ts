import { lstat, readdir, readFile, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { isLocked } from '../snapshot/delete-file.js';

const key = ({ dev, ino }: { dev: bigint; ino: bigint }): string => `${dev}:${ino}`;

/** File systems that other machines may use at the same time, whose processes nobody here can see (statfs(2)). */
const shared = new Map<number, string>([
  [0x6969, 'NFS'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB'],
  [0x517b, 'SMB'],
  [0x00c36400, 'Ceph'],
  [0x01021997, '9p'],
  [0x65735546, 'FUSE'],
  [0x7461636f, 'OCFS2'],
  [0x01161970, 'GFS2'],
  [0x0bd00bd0, 'Lustre'],
  [0x47504653, 'GPFS'],
  [0x5346414f, 'AFS'],
]);

/** Which files processes of this machine have open. */
export class OpenFiles {
  readonly #holders: ReadonlyMap<string, string>;
  /** Processes that could not be looked into. */
  readonly #hidden: readonly { readonly name: string; readonly uid: number }[];

  private constructor(
    holders: ReadonlyMap<string, string>,
    hidden: readonly { readonly name: string; readonly uid: number }[],
  ) {
    this.#holders = holders;
    this.#hidden = hidden;
  }

  static async look(proc = '/proc'): Promise<OpenFiles> {
    const holders = new Map<string, string>();
    const hidden: { name: string; uid: number }[] = [];
    for (const pid of (await readdir(proc)).filter((name) => /^\d+$/.test(name))) {
      if (Number(pid) === process.pid) continue;
      try {
        for (const descriptor of await readdir(join(proc, pid, 'fd'))) {
          const found = await stat(join(proc, pid, 'fd', descriptor), { bigint: true }).catch(
            () => undefined,
          );
          if (found) holders.set(key(found), await nameOf(proc, pid));
        }
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EACCES') continue;
        const owner = await stat(join(proc, pid)).catch(() => undefined);
        if (owner) hidden.push({ name: await nameOf(proc, pid), uid: owner.uid });
      }
    }
    return new OpenFiles(holders, hidden);
  }

  /**
   * Why a file may be in use, for people; undefined if it certainly is not.
   */
  async whyInUse(file: string): Promise<string | undefined> {
    const found = await lstat(file, { bigint: true });
    const holder = this.#holders.get(key(found));
    if (holder !== undefined) return `${holder} has it open`;
    const kind = shared.get(Number((await statfs(file)).type) >>> 0);
    if (kind !== undefined) return `it is on ${kind}, where another machine may use it`;
    // QEMU and its tools put locks on images, which can be seen whoever runs them.
    if (await isLocked(found)) return 'another process has it open';
    const others = (Number(found.mode) & 0o077) !== 0;
    const able = this.#hidden.find(({ uid }) => uid === Number(found.uid) || (others && uid !== 0));
    if (able) return `${able.name} may have it open, which cannot be looked into: run this as root`;
    return undefined;
  }
}

async function nameOf(proc: string, pid: string): Promise<string> {
  const name = await readFile(join(proc, pid, 'comm'), 'utf8').catch(() => '');
  return `process ${pid} (${name.trim()})`;
}
