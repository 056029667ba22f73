import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { dependencyOf, PackageUnavailable, unpackPackages } from './debian-package.mjs';

const run = promisify(execFile);

/** Packages that only depend on the newest small kernel: Debian's for clouds, Ubuntu's for virtual machines. */
const kernelPackages = [
  'linux-image-cloud-amd64',
  'linux-image-virtual',
  'linux-image-kvm',
  'linux-image-amd64',
];

/** What the guest cannot do without, unless it is built in; what these depend on is read from the modules. */
const neededModules = ['virtio_pci', 'virtio_blk', 'virtio_console', 'ext4'];
/** Taken where they exist: ext4's checksums, and the power button (`shutdown --mode acpi`). */
const usefulModules = ['libcrc32c', 'crc32c_generic', 'button', 'evdev'];

/**
 * Downloads the distribution's kernel for virtual machines as a package, unpacks it without installing it, and keeps
 * the image and the modules that the guest loads.
 *
 * @param {string} cache folder for kernels, one sub-folder each; made if missing
 * @param {(line: string) => void} say
 * @returns {Promise<{folder: string, image: string, modules: string[]}>} image: path of vmlinuz; modules: names in the
 *   order in which to load them, each a plain folder/modules/NAME.ko. A kernel that is in the cache already is used as
 *   it is, so that a warm start asks neither apt nor the network.
 * @throws {PackageUnavailable}
 * @throws {Error} where a needed module is missing
 */
export async function fetchKernel(cache, say) {
  await mkdir(cache, { recursive: true });
  const kept = (await readdir(cache)).filter((name) => !name.startsWith('.')).sort();
  const newest = kept.at(-1);
  if (newest !== undefined) return describeKernel(join(cache, newest));

  const packageNames = await findPackages();
  const work = await mkdtemp(join(cache, '.new-'));
  try {
    say(`downloading ${packageNames.join(', ')} (unpacked into ${cache}, not installed)`);
    const tree = await unpackPackages(packageNames, work);
    const kernel = join(work, 'kernel');
    await keepWhatIsUsed(tree, kernel);
    const target = join(cache, packageNames[0]);
    await rename(kernel, target).catch((error) => {
      // Another process may have been quicker with the same kernel.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
    return await describeKernel(target);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function describeKernel(folder) {
  const modules = (await readFile(join(folder, 'modules', 'order'), 'utf8')).split('\n').filter(Boolean);
  return { folder, image: join(folder, 'vmlinuz'), modules };
}

/** The real packages behind the first of kernelPackages that apt knows: the image, and the modules where they are apart. */
async function findPackages() {
  for (const metaPackage of kernelPackages) {
    const image = await dependencyOf(metaPackage, /^linux-image-(?:unsigned-)?\d/);
    if (image === undefined) continue;
    const modules = await dependencyOf(image, /^linux-modules-\d/);
    return modules === undefined ? [image] : [image, modules];
  }
  throw new PackageUnavailable(`apt knows none of ${kernelPackages.join(', ')}`);
}

async function keepWhatIsUsed(tree, folder) {
  const images = (await readdir(join(tree, 'boot'))).filter((name) => name.startsWith('vmlinuz-'));
  if (images.length !== 1)
    throw new Error(`one kernel image expected in the package, found: ${images.join(', ') || 'none'}`);
  const version = images[0].slice('vmlinuz-'.length);
  // Merged-/usr packages have their modules in /usr/lib.
  const roots = [join(tree, 'lib/modules', version), join(tree, 'usr/lib/modules', version)];
  const files = new Map();
  const builtIn = new Set();
  for (const root of roots) {
    for (const path of await readdir(root, { recursive: true }).catch(() => [])) {
      const match = /^(.+)\.ko(?:\.xz|\.zst|\.gz)?$/.exec(basename(path));
      if (match) files.set(moduleName(match[1]), join(root, path));
    }
    const list = await readFile(join(root, 'modules.builtin'), 'utf8').catch(() => '');
    for (const line of list.split('\n')) builtIn.add(moduleName(basename(line, '.ko')));
  }

  await mkdir(join(folder, 'modules'), { recursive: true });
  const order = [];
  const visit = async (name, needed) => {
    if (order.includes(name) || builtIn.has(name)) return;
    const file = files.get(name);
    if (file === undefined) {
      if (needed) throw new Error(`kernel ${version} has no module ${name}`);
      return;
    }
    const contents = await decompressed(file);
    for (const before of dependenciesOf(contents)) await visit(before, true);
    await writeFile(join(folder, 'modules', `${name}.ko`), contents);
    order.push(name);
  };
  for (const name of neededModules) await visit(name, true);
  for (const name of usefulModules) await visit(name, false);
  await writeFile(join(folder, 'modules', 'order'), order.map((name) => `${name}\n`).join(''));
  await copyFile(join(tree, 'boot', images[0]), join(folder, 'vmlinuz'));
}

/** Files are named with dashes or underscores, the kernel itself knows only underscores. */
const moduleName = (text) => text.replaceAll('-', '_');

/** A module names what it needs in its .modinfo section, as NUL-terminated `depends=a,b`. */
function dependenciesOf(contents) {
  const start = contents.indexOf('\0depends=', 0, 'latin1');
  if (start < 0) return [];
  const from = start + '\0depends='.length;
  const list = contents.subarray(from, contents.indexOf(0, from)).toString('latin1');
  return list.split(',').filter(Boolean).map(moduleName);
}

async function decompressed(file) {
  if (file.endsWith('.ko')) return readFile(file);
  const tool = { xz: 'xz', zst: 'zstd', gz: 'gzip' }[file.slice(file.lastIndexOf('.') + 1)];
  const { stdout } = await run(tool, ['-dc', file], { encoding: 'buffer', maxBuffer: 64 << 20 }).catch(
    (error) => {
      throw error.code === 'ENOENT'
        ? new Error(`the kernel's modules are compressed: install ${tool}`)
        : error;
    },
  );
  return stdout;
}
