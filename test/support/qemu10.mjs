#!/usr/bin/env node
import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, readdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
const suites = ['bookworm', 'bookworm-backports'];
const wanted = ['qemu-system-x86', 'qemu-utils'];

/** @returns {string} $XDG_CACHE_HOME/snapctl/qemu10, by default ~/.cache/snapctl/qemu10 */
export function defaultCache() {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'snapctl', 'qemu10');
}

/**
 * QEMU 10 from bookworm-backports with the libraries it needs beyond those installed, unpacked into a cache folder:
 * nothing is installed, and apt's own sources, lists and caches are neither changed nor consulted. A second call uses
 * what is there and asks nobody; two processes may prepare at once.
 *
 * @param {{cache?: string, say?: (line: string) => void}} [options] say: told what is being downloaded
 * @returns {Promise<{qemu: string, qemuImg: string, args: string[], env: Record<string, string>, version: string}>}
 *   args: to be put first on the command line (firmware folder); env: to be added to the environment
 * @throws {Error} if this is not Debian 12 on x86-64, or a download fails
 */
export async function prepareQemu10({ cache = defaultCache(), say = () => {} } = {}) {
  const tree = join(cache, 'tree');
  if (await exists(tree)) return describe(tree);
  await requireBookworm();
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(join(cache, '.new-'));
  try {
    const apt = await privateApt(work);
    say('reading the package lists of bookworm-backports (a private copy)');
    await apt('apt-get', ['update']);
    const packages = await lackingPackages(apt);
    say(`downloading ${packages.join(', ')} (unpacked into ${tree}, not installed)`);
    const archives = join(work, 'archives');
    await mkdir(archives);
    await apt('apt-get', ['download', ...packages], archives);
    const unpacked = join(work, 'tree');
    for (const file of await readdir(archives)) {
      if (file.endsWith('.deb')) await run('dpkg', ['-x', join(archives, file), unpacked]);
    }
    await describe(unpacked);
    await rename(unpacked, tree).catch((error) => {
      // Another process may have been quicker with the same packages.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return describe(tree);
}

async function requireBookworm() {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '');
  if (process.arch === 'x64' && /^ID=debian$/m.test(text) && /^VERSION_CODENAME=bookworm$/m.test(text))
    return;
  throw new Error('QEMU 10 is taken from Debian 12 (bookworm) backports for x86-64; this is another system');
}

/** apt with sources, lists and caches of its own; what is installed is read from dpkg's real status file. */
async function privateApt(work) {
  await mkdir(join(work, 'lists', 'partial'), { recursive: true });
  const mirror = await configuredMirror();
  const sources = join(work, 'sources.list');
  await writeFile(
    sources,
    suites.map((suite) => `deb [signed-by=${keyring}] ${mirror} ${suite} main\n`).join(''),
  );
  const options = {
    'Dir::Etc::sourcelist': sources,
    'Dir::Etc::sourceparts': '-',
    'Dir::Etc::preferences': '-',
    'Dir::Etc::preferencesparts': '-',
    'Dir::State::lists': join(work, 'lists'),
    'Dir::Cache': join(work, 'cache'),
    'Acquire::Languages': 'none',
    // The cache folder may be one that apt's own unprivileged user cannot enter.
    'APT::Sandbox::User': 'root',
    'Debug::NoLocking': 'true',
  };
  await mkdir(join(work, 'cache', 'archives', 'partial'), { recursive: true });
  const settings = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  return async (program, args, cwd = work) => {
    const environment = { ...process.env, LC_ALL: 'C' };
    const { stdout } = await run(program, [...settings, ...args], {
      cwd,
      env: environment,
      maxBuffer: 64 << 20,
    }).catch((error) => {
      throw new Error(`${program} ${args[0]} failed: ${error.stderr || error.message}`);
    });
    return stdout;
  };
}

/** The Debian mirror this machine uses for bookworm, because a machine without the Internet may have only that. */
async function configuredMirror() {
  const files = ['/etc/apt/sources.list'];
  for (const name of await readdir('/etc/apt/sources.list.d').catch(() => [])) {
    files.push(join('/etc/apt/sources.list.d', name));
  }
  for (const file of files) {
    const text = (await readFile(file, 'utf8').catch(() => '')).replace(/^\s*#.*$/gm, '');
    const oneLine = /^deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+bookworm\s/m.exec(text);
    if (oneLine) return oneLine[1];
    for (const stanza of text.split(/\n\s*\n/)) {
      const uri = /^URIs:\s*(\S+)/m.exec(stanza);
      if (uri && /^Suites:.*\bbookworm(\s|$)/m.test(stanza)) return uri[1];
    }
  }
  return 'http://deb.debian.org/debian';
}

/** What installing QEMU 10 here would add or replace, each as name=version. */
async function lackingPackages(apt) {
  const simulated = await apt('apt-get', [
    ...['install', '--simulate', '--no-install-recommends', '-t', 'bookworm-backports'],
    ...wanted,
  ]);
  const packages = [...simulated.matchAll(/^Inst (\S+) (?:\[[^\]]*\] )?\((\S+) /gm)].map(
    (match) => `${match[1]}=${match[2]}`,
  );
  if (!packages.some((name) => name.startsWith('qemu-system-x86='))) {
    throw new Error('bookworm-backports offers no newer qemu-system-x86 than the one installed');
  }
  // Only what QEMU loads or reads: the rest of what apt would upgrade along (libvirt's drivers, for example) is not.
  return packages.filter((name) => /^(qemu-(system|utils|block)|lib|seabios|ipxe-qemu|vgabios)/.test(name));
}

async function describe(tree) {
  const data = join(tree, 'usr/share');
  const libraries = join(tree, 'usr/lib/x86_64-linux-gnu');
  // Modules (block drivers, accelerators) are looked for in a folder fixed at build time, unless this is set.
  const env = {
    LD_LIBRARY_PATH: [libraries, join(tree, 'lib/x86_64-linux-gnu')].join(':'),
    QEMU_MODULE_DIR: join(libraries, 'qemu'),
  };
  const qemu = join(tree, 'usr/bin/qemu-system-x86_64');
  const { stdout } = await run(qemu, ['--version'], { env: { ...process.env, ...env } });
  const version = /version (\S+)/.exec(stdout)?.[1];
  if (!version?.startsWith('10.'))
    throw new Error(`QEMU 10 expected in ${tree}, found: ${stdout.split('\n')[0]}`);
  const args = ['qemu', 'seabios'].flatMap((name) => ['-L', join(data, name)]);
  if (await exists('/usr/share/seabios')) args.push('-L', '/usr/share/seabios');
  return { qemu, qemuImg: join(tree, 'usr/bin/qemu-img'), args, env, version };
}

const exists = (path) =>
  access(path).then(
    () => true,
    () => false,
  );

if (process.argv[1] !== undefined && (await realpath(process.argv[1])) === fileURLToPath(import.meta.url)) {
  try {
    console.log(JSON.stringify(await prepareQemu10({ say: (line) => console.error(line) }), null, 2));
  } catch (error) {
    console.error(`error: ${error.message}`);
    process.exitCode = 1;
  }
}
