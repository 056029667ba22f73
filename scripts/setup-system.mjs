import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { distribution, missingPackages, packagesFor } from './packages.mjs';

/** Set-up cannot go on; the message says what to do. */
export class SetupError extends Error {}

const isRoot = process.getuid?.() === 0;
const mayBeRoot = isRoot || ['/usr/bin/sudo', '/bin/sudo'].some(existsSync);
const say = (line) => console.error(line);

/**
 * Installs what is missing of the packages for some purposes, having said what. Packages that are there stay as they
 * are, none is removed.
 * @param {('qemu'|'libvirt'|'guest'|'test')[]} purposes
 * @throws {SetupError} on another distribution, where it is not allowed, or where apt fails
 */
export function installPackages(purposes) {
  const wanted = packagesFor(purposes);
  const system = distribution();
  if (!system.apt) {
    throw new SetupError(
      `Set-up knows Debian and Ubuntu only, and this is ${system.name}. In their names, the packages needed are: ` +
        `${wanted.join(' ')}. A Debian container or virtual machine will do.`,
    );
  }
  const missing = missingPackages(wanted);
  if (missing.length === 0) return;
  if (!mayBeRoot) {
    throw new SetupError(
      `This needs packages, and there is no sudo here. As root: apt-get update && apt-get install ` +
        `--no-install-recommends ${missing.join(' ')}`,
    );
  }
  say(`Installing with apt: ${missing.join(' ')}`);
  updatePackageLists();
  const install = ['apt-get', 'install', '-y', '-q', '--no-install-recommends', '--no-remove', ...missing];
  privileged(install, `apt-get could not install ${missing.join(' ')}`);
}

/** Brings apt's lists up to date. A list that cannot be had (someone else's repository) is no reason to stop. */
export function updatePackageLists() {
  try {
    privileged(['apt-get', 'update', '-q'], 'apt-get update failed');
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(`${error.message}; going on with the lists that are there`);
  }
}

/**
 * libvirt's QEMU driver, run by root, does not open without the account that it was built to run QEMU as, even when its
 * settings name another. Debian makes that account with libvirt-daemon-system, whose daemon is not wanted here; so it
 * is made in the same way as there, with the same number.
 */
export function addQemuAccount() {
  if (!isRoot || known('passwd', 'libvirt-qemu')) return;
  say('Adding the system account libvirt-qemu, which libvirt needs when root runs it');
  const number = '64055';
  for (const [group, id] of [['kvm'], ['libvirt-qemu', number]]) {
    if (known('group', group)) continue;
    const fixed = id !== undefined && !known('group', id) ? ['--gid', id] : [];
    privileged(['groupadd', '--system', ...fixed, group], `groupadd could not add ${group}`);
  }
  const fixed = known('passwd', number) ? [] : ['--uid', number];
  const account = [
    '--gid',
    'kvm',
    '--groups',
    'libvirt-qemu',
    '--home-dir',
    '/var/lib/libvirt',
    '--no-create-home',
  ];
  const rest = ['--shell', '/usr/sbin/nologin', '--comment', 'Libvirt Qemu', 'libvirt-qemu'];
  privileged(['useradd', '--system', ...fixed, ...account, ...rest], 'useradd could not add libvirt-qemu');
}

function known(database, key) {
  return spawnSync('getent', [database, key], { stdio: 'ignore' }).status === 0;
}

/** Runs a command as root; its output goes to standard error, because standard output belongs to the caller. */
function privileged(command, failure) {
  // No questions from a package's scripts, and with nobody there to type a password none from sudo either.
  const interactive = process.stdin.isTTY && !process.env.CI;
  const settings = ['env', 'DEBIAN_FRONTEND=noninteractive', 'LC_ALL=C.UTF-8'];
  const sudo = isRoot ? [] : ['sudo', ...(interactive ? [] : ['-n'])];
  if (!mayBeRoot) throw new SetupError(`${failure}: that is for root, and there is no sudo here`);
  const [program, ...words] = [...sudo, ...settings, ...command];
  try {
    execFileSync(program, words, {
      stdio: [interactive ? 'inherit' : 'ignore', process.stderr, process.stderr],
    });
  } catch {
    throw new SetupError(`${failure} (${[...sudo, ...command].join(' ')})`);
  }
}
