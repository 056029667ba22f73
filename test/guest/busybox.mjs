import { copyFile, mkdir, mkdtemp, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { unpackPackages } from './debian-package.mjs';

const installed = '/usr/bin/busybox';

/**
 * A busybox that needs no libraries: the installed one if it is such, else the package busybox-static, unpacked and not
 * installed, because it would displace the ordinary busybox that most machines have.
 *
 * @param {string} cache folder to keep it in; made if missing
 * @param {(line: string) => void} say
 * @returns {Promise<string>} path of the program
 */
export async function fetchBusybox(cache, say) {
  if (await isStatic(installed)) return installed;
  const kept = join(cache, 'busybox');
  if (await isStatic(kept)) return kept;
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(join(cache, '.new-'));
  try {
    say(`downloading busybox-static (unpacked into ${cache}, not installed)`);
    const tree = await unpackPackages(['busybox-static'], work);
    const found = (await isStatic(join(tree, 'bin/busybox'))) ? 'bin/busybox' : 'usr/bin/busybox';
    await copyFile(join(tree, found), join(work, 'busybox'));
    await rename(join(work, 'busybox'), kept);
    return kept;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Whether a file is an ELF program without a PT_INTERP header, the one that names a loader for libraries. */
async function isStatic(path) {
  if (!(await stat(path).catch(() => undefined))?.isFile()) return false;
  const file = await open(path);
  try {
    const { buffer: header } = await file.read(Buffer.alloc(64), 0, 64, 0);
    if (header.toString('latin1', 0, 4) !== '\x7fELF') return false;
    // 64-bit ELF: program headers at e_phoff, e_phentsize bytes each, e_phnum of them; p_type comes first.
    const size = header.readUInt16LE(54);
    const count = header.readUInt16LE(56);
    const { buffer: table } = await file.read(
      Buffer.alloc(size * count),
      0,
      size * count,
      Number(header.readBigUInt64LE(32)),
    );
    for (let index = 0; index < count; index++) if (table.readUInt32LE(index * size) === 3) return false;
    return true;
  } finally {
    await file.close();
  }
}
