import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/*
 * The Debian and Ubuntu packages that this project uses, in one list. `for` says what needs one:
 *   qemu     the program, with guests under a bare QEMU
 *   libvirt  the program on libvirt
 *   guest    building the tiny guest (its kernel and busybox are unpacked into a cache, and not installed)
 *   test     tests that compare with virsh or run in other shells, in a terminal, or with the manual's tools
 *   bench    benches that compare with other ways to the same end
 */
const packages = [
  { name: 'libvirt0', for: 'libvirt' },
  { name: 'libvirt-daemon', for: 'libvirt' },
  { name: 'libvirt-daemon-driver-qemu', for: 'libvirt' },
  { name: 'qemu-system-x86', for: 'qemu' },
  { name: 'qemu-utils', for: 'qemu' },
  { name: 'qemu-guest-agent', for: 'guest' },
  { name: 'cpio', for: 'guest' },
  { name: 'e2fsprogs', for: 'guest' },
  // Kernel modules are compressed from Debian 13 and Ubuntu 24.04 on.
  { name: 'xz-utils', for: 'guest' },
  { name: 'zstd', for: 'guest' },
  { name: 'libvirt-clients', for: 'test' },
  { name: 'libvirt-dev', for: 'test' },
  // For the program that proves in the guest that memory and disks are of one instant.
  { name: 'gcc', for: 'test' },
  { name: 'libc6-dev', for: 'test' },
  { name: 'tmux', for: 'test' },
  { name: 'man-db', for: 'test' },
  { name: 'mandoc', for: 'test' },
  { name: 'bash-completion', for: 'test' },
  { name: 'zsh', for: 'test' },
  { name: 'fish', for: 'test' },
  { name: 'lz4', for: 'bench' },
  { name: 'lzop', for: 'bench' },
];

/**
 * @param {('qemu'|'libvirt'|'guest'|'test'|'bench')[]} purposes
 * @returns {string[]} package names
 */
export function packagesFor(purposes) {
  return packages.filter((entry) => purposes.includes(entry.for)).map((entry) => entry.name);
}

/** @returns {string[]} those of the packages that are not installed (or only half) */
export function missingPackages(names) {
  let output = '';
  try {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the braces are dpkg-query's own.
    const format = '${Package} ${db:Status-Status}\\n';
    output = execFileSync('dpkg-query', ['-W', '-f', format, ...names], { encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    // It ends with 1 when it does not know one of them, and has printed the others.
    output = error.stdout ?? '';
  }
  const installed = new Set(output.split('\n').filter((line) => line.endsWith(' installed')));
  return names.filter((name) => !installed.has(`${name} installed`));
}

/**
 * @returns {{name: string, apt: boolean}} what the system calls itself (os-release(5)), and whether the names in this
 *   list are those of its packages
 */
export function distribution() {
  let text = '';
  for (const path of ['/etc/os-release', '/usr/lib/os-release']) {
    try {
      text = readFileSync(path, 'utf8');
      break;
    } catch {}
  }
  const field = (name) => new RegExp(`^${name}="?([^"\\n]*)"?$`, 'm').exec(text)?.[1] ?? '';
  const families = [field('ID'), ...field('ID_LIKE').split(' ')];
  return {
    name: field('PRETTY_NAME') || process.platform,
    apt: families.includes('debian') || families.includes('ubuntu'),
  };
}
