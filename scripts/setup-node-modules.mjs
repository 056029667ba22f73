import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SetupError } from './setup-system.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Installs the npm packages that package-lock.json names, where node_modules lacks one or has it in another version.
 * @throws {SetupError} when npm fails; npm's own words have been shown
 */
export function installNodeModules() {
  const wanted = lockedPackages('package-lock.json');
  const present = lockedPackages('node_modules/.package-lock.json');
  const complete = [...wanted].every(
    ([path, entry]) => entry.optional || path === '' || present.get(path)?.version === entry.version,
  );
  if (complete && wanted.size > 0) return;
  console.error('Installing npm packages from package-lock.json (npm ci)');
  const clean = npm('ci');
  if (clean.status === 0) return;
  const complaints = [...clean.stderr.matchAll(/^npm (?:error|ERR!) ((?:Missing|Invalid): .*)$/gm)].map(
    ([, text]) => text,
  );
  const foreign = complaints.filter((text) => /^Missing: \S+@ from lock file$/.test(text));
  if (complaints.length === 0 || foreign.length < complaints.length) {
    process.stderr.write(clean.stderr);
    throw new SetupError('npm ci failed');
  }
  // A lock file made against a registry that does not carry the builds for other systems lacks them ("NAME@", without
  // a version), and npm ci then refuses it altogether. All else is taken from the lock file here just the same.
  console.error(`The lock file lacks ${foreign.length} builds for other systems; installing without them`);
  const install = npm('install', '--no-save');
  if (install.status === 0) return;
  process.stderr.write(install.stderr);
  throw new SetupError('npm install failed');
}

function npm(...words) {
  const options = { cwd: root, encoding: 'utf8', stdio: ['ignore', 2, 'pipe'], maxBuffer: 64 << 20 };
  // What npm complains of is read above: `npm test --silent` would hand its silence down.
  return spawnSync('npm', [...words, '--no-audit', '--no-fund', '--loglevel=error'], options);
}

function lockedPackages(path) {
  try {
    return new Map(Object.entries(JSON.parse(readFileSync(join(root, path), 'utf8')).packages));
  } catch {
    return new Map();
  }
}
