import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Connection } from '../hypervisor/index.js';
import { stateRoot } from '../snapshot/state-folder.js';

/** What was mended of operations through a connection's libvirt since anybody last asked, and what is to be mended. */
export class CutOffNotices {
  readonly #connection: Connection;
  /** Folders of what is being mended. */
  #mending: readonly string[] = [];

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async notices(): Promise<string[]> {
    const root = stateRoot();
    // Nearly always the answer, and at the cost of nothing.
    if (!existsSync(join(root, 'libvirt'))) return [];
    const { libvirtStateFolder } = await import('../snapshot/libvirt-journal.js');
    const parent = libvirtStateFolder(await this.#connection.getURI(), root);
    const names = await readdir(parent).catch(() => []);
    return this.#look(names.map((name) => join(parent, name)));
  }

  lateNotices(): Promise<string[]> {
    return this.#look(this.#mending);
  }

  async #look(folders: readonly string[]): Promise<string[]> {
    this.#mending = [];
    if (folders.length === 0) return [];
    const { Journal, JournalPresent } = await import('../snapshot/journal.js');
    const { takeNotice } = await import('../snapshot/notice.js');
    const told = folders.map(async (folder) => {
      const record = await Journal.read(folder).catch(() => undefined);
      const left = record && (await JournalPresent.of(record));
      if (left?.hands === 'guardian') this.#mending = [...this.#mending, folder];
      return [await takeNotice(folder), left?.hands === 'nobody' ? left.message : undefined];
    });
    return (await Promise.all(told)).flat().filter((line) => line !== undefined);
  }
}
