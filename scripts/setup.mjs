import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildGuest } from '../test/guest/build.mjs';
import { PackageUnavailable } from '../test/guest/debian-package.mjs';
import { installNodeModules } from './setup-node-modules.mjs';
import { addQemuAccount, installPackages, SetupError, updatePackageLists } from './setup-system.mjs';

/*
 * Everything between a fresh checkout and a running program, each step skipped where nothing is to do. Only Node's own
 * modules may be imported, here and in what this imports: npm's packages may not be there yet.
 */

export const root = fileURLToPath(new URL('..', import.meta.url));
const say = (line) => console.error(line);
const output = { cwd: root, stdio: ['ignore', process.stderr, process.stderr] };

/**
 * @param {{purposes: ('qemu'|'libvirt'|'guest'|'test')[], rebuild?: boolean}} options rebuild: build even when dist/ is
 *   newer than all that it is made of
 * @returns {Promise<{kernel: string, initrd: string, dataDisk: string}>} the tiny guest
 * @throws {SetupError} with a message for the user
 */
export async function setUp({ purposes, rebuild = false }) {
  installPackages(purposes);
  if (purposes.includes('libvirt')) addQemuAccount();
  installNodeModules();
  if (rebuild || isStale()) buildProgram();
  return prepareGuest();
}

/** Whether dist/ is missing or older than anything that it is built from. */
function isStale() {
  const built = statSync(join(root, 'dist', 'snapctl.js'), { throwIfNoEntry: false })?.mtimeMs;
  if (built === undefined) return true;
  const sources = ['package.json', 'package-lock.json', 'scripts/build.mjs'];
  for (const folder of ['src', 'commands']) {
    for (const path of readdirSync(join(root, folder), { recursive: true })) sources.push(join(folder, path));
  }
  return sources.some((path) => statSync(join(root, path)).mtimeMs > built);
}

function buildProgram() {
  say('Building dist/');
  try {
    execFileSync('npm', ['run', '--silent', 'build'], output);
  } catch {
    throw new SetupError('The build failed');
  }
}

async function prepareGuest() {
  try {
    return await buildGuest({ say });
  } catch (error) {
    if (!(error instanceof PackageUnavailable)) throw error;
    say(`${error.message}; updating apt's lists`);
    updatePackageLists();
  }
  try {
    return await buildGuest({ say });
  } catch (error) {
    throw error instanceof PackageUnavailable ? new SetupError(error.message) : error;
  }
}

export { SetupError };
