import { execFile } from 'node:child_process';
import { realpath } from 'node:fs/promises';
import { promisify } from 'node:util';
import { VIR_ERR_CONFIG_UNSUPPORTED } from '../hypervisor/constants.js';
import { HypervisorError } from '../hypervisor/index.js';
import { backingFiles } from './guest-disks.js';
import type { ExternalDisk } from './plan.js';

const TIMEOUT_MS = 30_000;

interface ImageInfo {
  readonly format: string;
  readonly 'virtual-size': number;
  readonly 'backing-filename'?: string;
  readonly 'full-backing-filename'?: string;
  readonly 'backing-filename-format'?: string;
}

/**
 * Checks that an image that the user prepared (--reuse-external) can take a disk's place: QEMU itself would put any
 * image there, and the guest would see other contents from then on, or a smaller disk.
 * @throws HypervisorError
 */
export async function checkPreparedOverlay({ disk, medium, file, format }: ExternalDisk): Promise<void> {
  const refuse = (reason: string): HypervisorError =>
    new HypervisorError(
      `unsupported configuration: existing file for disk ${disk.target} cannot be used: ${file}: ${reason}`,
      { code: VIR_ERR_CONFIG_UNSUPPORTED },
    );
  const own = await Promise.all(backingFiles(medium.image).concat(medium.file).map(real));
  if (own.includes(await real(file))) throw refuse('the disk is on it already');
  let info: ImageInfo;
  try {
    const words = ['info', '--output=json', '-f', format, '--', file];
    const { stdout } = await promisify(execFile)('qemu-img', words, { timeout: TIMEOUT_MS });
    info = JSON.parse(stdout) as ImageInfo;
  } catch (error) {
    const said = String((error as { stderr?: string }).stderr ?? error).trim();
    throw refuse(said.split('\n').at(-1) ?? `it is no ${format} image`);
  }
  if (info['virtual-size'] !== medium.size) {
    throw refuse(`its size is ${info['virtual-size']} bytes, the disk's is ${medium.size}`);
  }
  const backing = info['full-backing-filename'] ?? info['backing-filename'];
  if (backing === undefined) throw refuse(`it has no backing file; it must be on top of '${medium.file}'`);
  if ((await real(backing)) !== (await real(medium.file))) {
    throw refuse(`its backing file is '${backing}'; it must be '${medium.file}'`);
  }
  const told = info['backing-filename-format'];
  if (told !== undefined && told !== medium.format) {
    throw refuse(`it takes its backing file for ${told}; that is ${medium.format}`);
  }
}

const real = (path: string): Promise<string> => realpath(path).catch(() => path);
