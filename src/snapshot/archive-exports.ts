import { randomBytes } from 'node:crypto';
import { chmod, chown, lstat, mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServedImage } from '../archive/qemu-nbd.js';
import { CommandFailure } from '../qmp/index.js';
import type { Guest } from './guest.js';
import type { Journal, JournalOverlay } from './journal.js';

/** What QEMU was told to serve for an archive, so that it can be taken back. */
export interface JournalExports {
  /** Folder of the socket. */
  readonly folder: string;
}

const SOCKET = 'disks';

/** Where the frozen contents of a disk can be read. */
export interface FrozenDisk {
  readonly socket: string;
  readonly export: string;
}

/** Contents of disks as they were when their overlays were put in place, for others to read. */
export interface FrozenDisks {
  /** In the order of the overlays. */
  readonly disks: readonly FrozenDisk[];
  close(): Promise<void>;
  /** As close(), but leaves what is in the journal to mending. */
  abandon(): Promise<void>;
}

/**
 * Has QEMU itself serve what lies below its new overlays, on a socket that only we can reach. A QEMU serves at one place
 * only: where that is taken, qemu-nbd reads the frozen images.
 */
export async function exportFrozen(
  guest: Guest,
  journal: Journal,
  overlays: readonly JournalOverlay[],
  images: readonly { readonly file: string; readonly format: string }[],
  signal: AbortSignal,
): Promise<FrozenDisks> {
  if (overlays.length === 0)
    return { disks: [], close: async () => undefined, abandon: async () => undefined };
  const { process: qemu, qmp } = guest;
  const prefix = `snapctl-${randomBytes(4).toString('hex')}`;
  const folder = join(tmpdir(), prefix);
  await journal.update({ exports: { folder } });
  await mkdir(folder, { mode: 0o700 });
  if (qemu && process.getuid?.() === 0 && qemu.uid > 0) await chown(folder, qemu.uid, qemu.gid);
  const socket = join(folder, SOCKET);
  const ids = overlays.map((_, index) => `${prefix}-${index}`);
  try {
    await qmp.execute('nbd-server-start', { addr: { type: 'unix', data: { path: socket } } }, { signal });
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    await rm(folder, { recursive: true, force: true });
    await journal.update({ exports: null });
    return serveFrozen(images, signal);
  }
  for (const [index, { baseNode }] of overlays.entries()) {
    const id = ids[index] as string;
    await qmp.execute('block-export-add', { type: 'nbd', id, 'node-name': baseNode, name: id }, { signal });
  }
  await chmod(socket, 0o600);
  return {
    disks: ids.map((id) => ({ socket, export: id })),
    async close() {
      await closeExports(guest, { folder });
      await journal.update({ exports: null });
    },
    abandon: async () => undefined,
  };
}

async function serveFrozen(
  images: readonly { readonly file: string; readonly format: string }[],
  signal: AbortSignal,
): Promise<FrozenDisks> {
  const served: ServedImage[] = [];
  const close = async (): Promise<void> => {
    for (const each of served) await each.close();
  };
  try {
    for (const { file, format } of images) served.push(await ServedImage.start(file, format, { signal }));
  } catch (error) {
    await close();
    throw error;
  }
  return { disks: served.map(({ socket, name }) => ({ socket, export: name })), close, abandon: close };
}

/** Takes the exports back; done again, it does nothing. */
export async function closeExports({ qmp }: Guest, { folder }: JournalExports): Promise<void> {
  // Without our socket there, the server is somebody else's, or none.
  if (await lstat(join(folder, SOCKET)).catch(() => undefined)) {
    // Ends all of its exports, and waits for what is being read.
    await qmp.execute('nbd-server-stop').catch((error: unknown) => {
      if (!(error instanceof CommandFailure)) throw error;
    });
  }
  await rm(folder, { recursive: true, force: true });
}
