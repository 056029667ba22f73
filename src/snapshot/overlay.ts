import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { chown, lstat, open } from 'node:fs/promises';
import { VIR_ERR_CONFIG_UNSUPPORTED, VIR_ERR_OPERATION_FAILED } from '../hypervisor/constants.js';
import { HypervisorError } from '../hypervisor/index.js';
import type { Guest } from './guest.js';
import type { JournalOverlay } from './journal.js';
import type { ExternalDisk } from './plan.js';

const QEMU_IMG_TIMEOUT_MS = 30_000;

/** Names for the nodes of an operation's overlays; QEMU allows 31 letters. */
export function describeOverlays(external: readonly ExternalDisk[]): JournalOverlay[] {
  const operation = randomBytes(4).toString('hex');
  return external.map(({ disk, medium, file, reuse }, index) => ({
    disk: disk.target,
    baseNode: medium.node,
    overlayNode: `snapctl-${operation}-${index}`,
    overlayFileNode: `snapctl-${operation}-${index}f`,
    file,
    created: !reuse,
  }));
}

/**
 * Checks that every overlay's file can be made (or, if reused, is there) without touching anything.
 * @throws HypervisorError in libvirt's words.
 */
export async function checkOverlayFiles(external: readonly ExternalDisk[]): Promise<void> {
  for (const { disk, file, type, reuse } of external) {
    const found = await lstat(file).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw new HypervisorError(`unable to stat for disk ${disk.target}: ${file}: ${error.message}`, {
        code: VIR_ERR_OPERATION_FAILED,
      });
    });
    if (!found && reuse) {
      throw new HypervisorError(
        `missing existing file for disk ${disk.target}: ${file}: No such file or directory`,
        {
          code: VIR_ERR_OPERATION_FAILED,
        },
      );
    }
    if (found && !reuse) {
      throw new HypervisorError(
        `unsupported configuration: external snapshot file for disk ${disk.target} already exists and is not a block device: ${file}`,
        { code: VIR_ERR_CONFIG_UNSUPPORTED },
      );
    }
    if (found && type === 'block' && !found.isBlockDevice()) {
      throw new HypervisorError(`unsupported configuration: '${file}' is not a block device`, {
        code: VIR_ERR_CONFIG_UNSUPPORTED,
      });
    }
  }
}

/**
 * Makes an empty overlay file on top of a disk's present image, owned by whom QEMU runs as. The name must be free:
 * a file or a symbolic link in its place is an error. QEMU holds the image's lock, so qemu-img is told the size and
 * not to open it. It gets the file as a descriptor: should we be killed now, it writes to that file, removed or not,
 * and makes no new one after everything has been undone.
 */
export async function createOverlayFile(guest: Guest, { medium, file, format }: ExternalDisk): Promise<void> {
  const handle = await open(
    file,
    constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_NOFOLLOW,
    0o600,
  );
  try {
    const target = '/proc/self/fd/3';
    const image = [
      '-u',
      '-f',
      format,
      '-b',
      medium.file,
      '-F',
      medium.format,
      '--',
      target,
      String(medium.size),
    ];
    await runQemuImg(['create', '-q', ...image], handle.fd);
  } finally {
    await handle.close();
  }
  const { process: qemu } = guest;
  if (qemu && process.getuid?.() === 0 && qemu.uid > 0) await chown(file, qemu.uid, qemu.gid);
}

/** @param descriptor what qemu-img has as descriptor 3. */
async function runQemuImg(words: readonly string[], descriptor: number): Promise<void> {
  const child = spawn('qemu-img', words, {
    stdio: ['ignore', 'ignore', 'pipe', descriptor],
    timeout: QEMU_IMG_TIMEOUT_MS,
  });
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-4096);
  });
  const [status, signal] = await once(child, 'close');
  if (status !== 0) throw new Error(said.trim() || `qemu-img ended with ${signal ?? status}`);
}

/**
 * Gives QEMU the overlay as a node of its own, not yet used by anything. Its backing is left empty: the transaction
 * puts the active node there, which takes less than 1 ms then.
 */
export async function addOverlayNode(
  guest: Guest,
  { medium, format, type }: ExternalDisk,
  overlay: JournalOverlay,
  signal: AbortSignal,
): Promise<void> {
  const cache = { direct: medium.cache.direct, 'no-flush': medium.cache['no-flush'] };
  await guest.qmp.execute(
    'blockdev-add',
    {
      driver: format,
      'node-name': overlay.overlayNode,
      cache,
      'detect-zeroes': medium.detectZeroes,
      file: {
        driver: type === 'block' ? 'host_device' : 'file',
        'node-name': overlay.overlayFileNode,
        filename: overlay.file,
        cache,
      },
      backing: null,
    },
    { signal },
  );
}

/** The transaction's part that puts all overlays in place, all or none. */
export const switchActions = (overlays: readonly JournalOverlay[]) =>
  overlays.map(({ baseNode, overlayNode }) => ({
    type: 'blockdev-snapshot' as const,
    data: { node: baseNode, overlay: overlayNode },
  }));
