import { chmodSync, chownSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SinkOrder } from './sink.js';

/** Nobody connects within this time: the order is off. */
const CONNECT_DEADLINE_MS = 60_000;
/** Our parent is gone, but QEMU may have been told to connect to us in its last moment. */
const ORPHAN_DEADLINE_MS = 2_000;

/**
 * Listens in a folder of its own with a short name: a unix socket's path may have 108 bytes, and QEMU, if it runs as
 * another user, must be able to reach it. Nobody else can connect.
 */
export function acceptOne(owner: SinkOrder['owner']): Promise<Socket | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'snapctl-'));
  const path = join(folder, 'memory');
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  return new Promise((resolve, reject) => {
    const server = createServer({ pauseOnConnect: true }, (connection) => {
      clearTimeout(deadline);
      server.close();
      remove();
      resolve(connection);
    });
    const giveUp = (): void => {
      if (!server.listening) return;
      server.close();
      remove();
      resolve(undefined);
    };
    const deadline = setTimeout(giveUp, CONNECT_DEADLINE_MS);
    process.on('SIGTERM', giveUp);
    process.stdin.once('end', () => setTimeout(giveUp, ORPHAN_DEADLINE_MS).unref());
    process.stdin.once('error', giveUp);
    process.stdin.resume();
    // Not to be waited for once the stream has ended.
    (process.stdin as Partial<Socket>).unref?.();
    server.once('error', (error) => {
      remove();
      reject(error);
    });
    server.listen(path, () => {
      chmodSync(path, 0o600);
      if (owner) {
        chownSync(path, owner.uid, owner.gid);
        chmodSync(folder, 0o711);
      }
      process.stdout.write(`listening unix:${path}\n`);
    });
  });
}
