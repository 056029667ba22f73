import { basename, isAbsolute, join } from 'node:path';
import { type ArchivedDomain, NVRAM } from '../archive/archived-domain.js';
import { adaptArgv, isQemu } from './archive-argv.js';
import { rewriteArgv, shellWords } from './argv-relaunch.js';

export interface ScriptFiles {
  /** By the disks' names. */
  readonly disks: ReadonlyMap<string, string>;
  readonly format: 'qcow2' | 'raw';
  readonly nvram: string | null;
  readonly memory: string | null;
}

/**
 * A shell script that continues a restored guest. It works on the files beside it, wherever the folder is moved to.
 * @returns or everything that stands against it.
 */
export function startScript(
  domain: ArchivedDomain,
  files: ScriptFiles,
): { readonly text: string } | { readonly refusals: readonly string[] } {
  const { launch } = domain;
  if (!launch) return { refusals: ["QEMU's command line is not known"] };
  const devices = [
    ...launch.plugged.map((id) => `device '${id}' was plugged in after the start`),
    ...launch.unplugged.map((id) => `device '${id}' had been unplugged`),
  ];
  if (devices.length > 0) return { refusals: devices };
  const adapted = adaptArgv({
    words: launch.words,
    folder: '.',
    qmpSocket: 'qmp',
    network: undefined,
    ram: undefined,
  });
  const rewritten = rewriteArgv({
    words: adapted.words,
    machine: launch.machine,
    cwd: launch.cwd,
    version: launch.version,
    alone: true,
    incoming: files.memory !== null,
    disks: domain.disks.map(({ stream, target, names, chain }) => ({
      target,
      names,
      chain,
      image:
        stream === NVRAM
          ? { file: basename(files.nvram ?? ''), format: 'raw' }
          : { file: basename(files.disks.get(target) ?? ''), format: files.format },
    })),
  });
  const refusals = [...adapted.refusals, ...('refusals' in rewritten ? rewritten.refusals : [])];
  if ('refusals' in rewritten || refusals.length > 0)
    return { refusals: [...new Set(refusals.map(({ part, reason }) => `${part}: ${reason}`))] };
  // It waits for nobody: the memory comes by itself, and the guest goes on as the memory says.
  const end = rewritten.words.lastIndexOf('-S');
  const words = [...rewritten.words.slice(0, end), ...(files.memory === null ? [] : ['-incoming', 'fd:3'])];
  const needed = new Set(adapted.needed.filter((file) => !isAbsolute(file)));
  const placed = words.map((word) => (needed.has(word) ? join(launch.cwd, word) : word));
  const program = isQemu(launch.program) ? launch.program : 'qemu-system-x86_64';
  return {
    text: [
      '#!/bin/sh',
      `# Continues the guest from ${domain.takenAt}. Its monitor is the socket qmp beside this file.`,
      '# Once it has run, its disks no longer fit its memory: unpack the archive again to go back.',
      'cd "$(dirname "$0")" || exit 1',
      `qemu=${shellWords([program])}`,
      `[ -x "$qemu" ] || qemu=${shellWords([basename(program)])}`,
      `exec "$qemu" ${shellWords(placed)} "$@"${files.memory === null ? '' : ` 3<${shellWords([basename(files.memory)])}`}`,
      '',
    ].join('\n'),
  };
}
