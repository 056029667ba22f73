import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, tmpdir, totalmem } from 'node:os';

/** What the numbers were measured on. */
export function describeMachine(program) {
  const said = (command, ...words) => (spawnSync(command, words, { encoding: 'utf8' }).stdout ?? '').trim();
  const system = /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
  return {
    processors: `${cpus().length} x ${cpus()[0]?.model.trim()}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    system: `${system}, Linux ${release()}`,
    qemu: `${program.version}, emulating (tcg)`,
    libvirt: said('virsh', '--version'),
    node: process.version,
    files: `${tmpdir()} on ${said('findmnt', '-no', 'FSTYPE', '-T', tmpdir())}`,
    loadBefore: loadavg()[0],
  };
}
