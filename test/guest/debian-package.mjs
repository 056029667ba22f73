import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const apt = { env: { ...process.env, LC_ALL: 'C' }, maxBuffer: 64 << 20 };

/** apt does not have a package: its lists are absent or too old, and `apt-get update` may help. */
export class PackageUnavailable extends Error {}

/**
 * Downloads packages of the installed release and unpacks them without installing them; needs no privileges.
 * @param {string[]} names
 * @param {string} work an empty folder; the packages' files come to be below work/tree
 * @returns {Promise<string>} work/tree
 * @throws {PackageUnavailable}
 */
export async function unpackPackages(names, work) {
  await run('apt-get', ['download', ...names], { ...apt, cwd: work }).catch((error) => {
    throw new PackageUnavailable(
      `apt-get download ${names.join(' ')}: ${(error.stderr || error.message).trim()}`,
    );
  });
  const tree = join(work, 'tree');
  for (const file of await readdir(work)) {
    if (file.endsWith('.deb')) await run('dpkg', ['-x', join(work, file), tree], apt);
  }
  return tree;
}

/**
 * @param {string} name a package
 * @param {RegExp} pattern
 * @returns {Promise<string|undefined>} the first of its dependencies whose name matches; undefined if there is none or
 *   apt does not know the package
 */
export async function dependencyOf(name, pattern) {
  const { stdout } = await run('apt-cache', ['show', '--no-all-versions', name], apt).catch(() => ({
    stdout: '',
  }));
  const line = stdout.split('\n').find((text) => text.startsWith('Depends:')) ?? '';
  const names = line.slice('Depends:'.length).split(/[,|]/);
  return names.map((text) => text.trim().split(/[\s(:]/)[0]).find((dependency) => pattern.test(dependency));
}
