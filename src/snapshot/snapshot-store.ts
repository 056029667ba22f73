import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DocumentStore, type StoredDocument } from './document-store.js';
import { makePrivateFolder, writeDurably } from './durable-file.js';
import type { LaunchRecord } from './relaunch-record.js';
import { parseSnapshotXml, type SnapshotDescription } from './snapshot-description.js';

/** A snapshot as the store has it. */
export type StoredSnapshot = StoredDocument<SnapshotDescription>;

/**
 * The snapshots of a bare QEMU: a file of libvirt's domainsnapshot XML for each, in the domain's state folder.
 */
export class SnapshotStore extends DocumentStore<SnapshotDescription> {
  /** @param domainFolder the domain's state folder. */
  constructor(domainFolder: string) {
    super(join(domainFolder, 'snapshots'), parseSnapshotXml);
  }

  override async remove(name: string): Promise<void> {
    await rm(this.#launchPath(name), { force: true });
    await super.remove(name);
  }

  /** Keeps, beside a snapshot's document, how its guest's QEMU was started. */
  async putLaunch(name: string, launch: LaunchRecord): Promise<void> {
    await makePrivateFolder(this.folder);
    await writeDurably(this.#launchPath(name), JSON.stringify(launch));
  }

  /** @returns undefined if it was not kept: of snapshots that were redefined, for example. */
  async findLaunch(name: string): Promise<LaunchRecord | undefined> {
    const text = await readFile(this.#launchPath(name), 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (text === undefined) return undefined;
    const launch = JSON.parse(text) as LaunchRecord;
    return launch.version === 1 ? launch : undefined;
  }

  async removeLaunch(name: string): Promise<void> {
    await rm(this.#launchPath(name), { force: true });
  }

  #launchPath(name: string): string {
    return this.path(name).replace(/\.xml$/, '.launch');
  }
}
