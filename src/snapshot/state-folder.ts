import { realpath } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where snapctl keeps what must outlive it: SNAPCTL_STATE_DIR, /var/lib/snapctl for root, else $XDG_STATE_HOME/snapctl. */
export function stateRoot(environment: Environment = process.env, uid = process.getuid?.()): string {
  if (environment.SNAPCTL_STATE_DIR) return resolve(environment.SNAPCTL_STATE_DIR);
  if (uid === 0) return '/var/lib/snapctl';
  const home = environment.XDG_STATE_HOME || join(environment.HOME || homedir(), '.local/state');
  return join(home, 'snapctl');
}

/**
 * The state folder that goes with a QMP socket: that of the guest whose first monitor it is (see guest-place.ts). Its
 * name holds what is printable of the socket's own name, for people, and a hash of the socket's real path, which tells
 * apart and cannot be steered out of the folder.
 */
export async function domainStateFolder(socket: string, root = stateRoot()): Promise<string> {
  // The folder is resolved rather than the socket: a guest that has ended left no socket, but still has state.
  const folder = await realpath(dirname(socket)).catch(() => resolve(dirname(socket)));
  const path = join(folder, basename(socket));
  // Here, because a command that only asks for the root's name should not wait for it.
  const { createHash } = await import('node:crypto');
  const label = basename(socket)
    .replace(/[^0-9A-Za-z_-]+/g, '-')
    .slice(0, 40);
  return join(root, 'qmp', `${label}-${createHash('sha256').update(path).digest('hex').slice(0, 16)}`);
}

/** The state folder of a domain that libvirt keeps. */
export const libvirtStateFolder = (uuid: string, root = stateRoot()): string =>
  join(root, 'libvirt', uuid.replace(/[^0-9A-Fa-f-]/g, ''));
