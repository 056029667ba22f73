import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { chown, type FileHandle, lstat, open, stat } from 'node:fs/promises';
import { VIR_ERR_CONFIG_UNSUPPORTED, VIR_ERR_OPERATION_FAILED } from '../hypervisor/constants.js';
import { HypervisorError } from '../hypervisor/index.js';
import { continueBitmaps } from './bitmap-chain.js';
import { errnoWords } from './errno-words.js';
import type { Guest } from './guest.js';
import type { JournalOverlay } from './journal.js';
import type { ExternalDisk } from './plan.js';
import { checkPreparedOverlay } from './prepared-overlay.js';

const QEMU_IMG_TIMEOUT_MS = 30_000;

/** Names for the nodes of an operation's overlays; QEMU allows 31 letters. */
export function describeOverlays(external: readonly ExternalDisk[]): JournalOverlay[] {
  const operation = randomBytes(4).toString('hex');
  return external.map(({ disk, medium, file, reuse, type }, index) => ({
    disk: disk.target,
    baseNode: medium.node,
    overlayNode: `snapctl-${operation}-${index}`,
    overlayFileNode: `snapctl-${operation}-${index}f`,
    file,
    // A device is formatted, but stays.
    created: !reuse && type === 'file',
  }));
}

/**
 * Checks that every overlay's file can be made (or, if reused, is there) without touching anything.
 * @throws HypervisorError in libvirt's words.
 */
export async function checkOverlayFiles(external: readonly ExternalDisk[]): Promise<void> {
  for (const each of external) {
    const { disk, file, type, reuse } = each;
    const found = await lstat(file).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      const reason = errnoWords(error.code);
      throw new HypervisorError(`unable to stat for disk ${disk.target}: ${file}: ${reason}`, {
        code: VIR_ERR_OPERATION_FAILED,
      });
    });
    if (!found && (reuse || type === 'block')) {
      throw new HypervisorError(
        `missing existing file for disk ${disk.target}: ${file}: No such file or directory`,
        {
          code: VIR_ERR_OPERATION_FAILED,
        },
      );
    }
    if (found && !reuse && type === 'file') {
      throw new HypervisorError(
        `unsupported configuration: external snapshot file for disk ${disk.target} already exists and is not a block device: ${file}`,
        { code: VIR_ERR_CONFIG_UNSUPPORTED },
      );
    }
    // Names of devices are links more often than not.
    if (type === 'block' && !(await stat(file)).isBlockDevice()) {
      throw new HypervisorError(`unsupported configuration: '${file}' is not a block device`, {
        code: VIR_ERR_CONFIG_UNSUPPORTED,
      });
    }
    if (reuse) await checkPreparedOverlay(each);
  }
}

/** An overlay to be made, and the image that it lies on. */
export interface OverlayOnImage {
  readonly medium: Pick<ExternalDisk['medium'], 'file' | 'format' | 'size'>;
  readonly file: string;
  readonly format: ExternalDisk['format'];
}

/**
 * Makes an empty overlay file on top of a disk's present image, owned by whom QEMU runs as. The name must be free:
 * a file or a symbolic link in its place is an error. QEMU holds the image's lock, so qemu-img is told the size and
 * not to open it. It gets the file as a descriptor: should we be killed now, it writes to that file, removed or not,
 * and makes no new one after everything has been undone.
 */
export async function createOverlayFile(guest: Guest, external: OverlayOnImage): Promise<void> {
  const { O_CREAT, O_EXCL, O_WRONLY, O_NOFOLLOW } = constants;
  const flags = O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW;
  const handle = await open(external.file, flags, 0o600).catch((error: NodeJS.ErrnoException) => {
    throw notCreated(external.file, errnoWords(error.code));
  });
  await format(external, handle);
  await giveToQemu(guest, external.file);
}

/** QEMU must be able to open what we, as root, have made. */
export async function giveToQemu({ process: qemu }: Guest, file: string): Promise<void> {
  if (qemu && process.getuid?.() === 0 && qemu.uid > 0) await chown(file, qemu.uid, qemu.gid);
}

/** Makes an image that holds what a raw one does; else as createOverlayFile does it. */
export async function createCopy(guest: Guest, from: string, file: string): Promise<void> {
  const { O_CREAT, O_EXCL, O_WRONLY, O_NOFOLLOW } = constants;
  const handle = await open(file, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, 0o600);
  try {
    await runQemuImg(['convert', '-q', '-f', 'raw', '-O', 'qcow2', '--', from, '/proc/self/fd/3'], handle.fd);
  } catch (error) {
    throw new Error(`cannot write '${file}': ${(error as Error).message}`, { cause: error });
  } finally {
    await handle.close();
  }
  await giveToQemu(guest, file);
}

/** Writes the empty overlay into an open file or device, and closes it. */
async function format({ medium, file, format }: OverlayOnImage, handle: FileHandle): Promise<void> {
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
  } catch (error) {
    throw notCreated(file, (error as Error).message);
  } finally {
    await handle.close();
  }
}

const notCreated = (file: string, reason: string): HypervisorError =>
  new HypervisorError(`failed to create image file '${file}': ${reason}`, { code: VIR_ERR_OPERATION_FAILED });

/** @param descriptor what qemu-img has as descriptor 3. @throws Error the reason */
export async function runQemuImg(words: readonly string[], descriptor: number): Promise<void> {
  const child = spawn('qemu-img', words, {
    stdio: ['ignore', 'ignore', 'pipe', descriptor],
    timeout: QEMU_IMG_TIMEOUT_MS,
  });
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-4096);
  });
  let status: number | null;
  let signal: NodeJS.Signals | null;
  try {
    [status, signal] = (await once(child, 'close')) as [typeof status, typeof signal];
  } catch (error) {
    throw new Error(`qemu-img cannot be run: ${errnoWords((error as NodeJS.ErrnoException).code)}`);
  }
  // What it says first may be about its cleaning up, and it knows the file by our name for it.
  const reason = said
    .trim()
    .split('\n')
    .at(-1)
    ?.replace(/^qemu-img: (\/proc\/self\/fd\/\d+: )?/, '');
  if (status !== 0) throw new Error(reason || `qemu-img ended with ${signal ?? status}`);
}

/**
 * Gives QEMU the overlay as a node of its own, not yet used by anything. Its backing is left empty: the transaction
 * puts the active node there, which takes less than 1 ms then.
 */
export async function addOverlayNode(
  guest: Guest,
  external: ExternalDisk,
  overlay: JournalOverlay,
  signal: AbortSignal,
): Promise<void> {
  const { medium, type, reuse } = external;
  if (type === 'block' && !reuse) await format(external, await open(external.file, constants.O_RDWR));
  const cache = { direct: medium.cache.direct, 'no-flush': medium.cache['no-flush'] };
  await guest.qmp.execute(
    'blockdev-add',
    {
      driver: external.format,
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
  // What a checkpoint records goes on being recorded in the image that is written to.
  if (external.format === 'qcow2') await continueBitmaps(guest, medium.node, overlay.overlayNode);
}

/** The transaction's part that puts all overlays in place, all or none. */
export const switchActions = (overlays: readonly JournalOverlay[]) =>
  overlays.map(({ baseNode, overlayNode }) => ({
    type: 'blockdev-snapshot' as const,
    data: { node: baseNode, overlay: overlayNode },
  }));
