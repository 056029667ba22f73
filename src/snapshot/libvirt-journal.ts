import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { stateRoot } from './state-folder.js';

/** What an operation of ours that goes through libvirt has begun, beyond what every journal tells. */
export interface JournalLibvirt {
  /** The connection's own word for where it leads (virConnectGetURI). */
  readonly uri: string;
  /** Memory image that libvirt writes for us, removed in any case. */
  readonly image: string | null;
  readonly overlays: readonly LibvirtOverlay[];
}

/** An overlay that libvirt puts on a disk. */
export interface LibvirtOverlay {
  readonly target: string;
  /** The disk's image before. */
  readonly base: string;
  readonly file: string;
}

const hash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

/** The state folders of all domains that are reached by a URI. */
export const libvirtStateFolder = (uri: string, root = stateRoot()): string =>
  join(root, 'libvirt', hash(uri));

/** The state folder of one domain: its name for people, its UUID to tell it apart. */
export function libvirtDomainFolder(
  uri: string,
  { name, uuid }: { readonly name: string; readonly uuid: string },
): string {
  const label = name.replace(/[^0-9A-Za-z_-]+/g, '-').slice(0, 40);
  return join(libvirtStateFolder(uri), `${label}-${hash(uuid)}`);
}
