import { createHash } from 'node:crypto';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makePrivateFolder, syncFolder, writeDurably } from './durable-file.js';
import type { LaunchRecord } from './relaunch-record.js';
import { parseSnapshotXml, type SnapshotDescription } from './snapshot-description.js';

/** A snapshot as the store has it. */
export interface StoredSnapshot {
  readonly name: string;
  readonly description: SnapshotDescription;
  readonly xml: string;
}

const CURRENT = 'current';

/**
 * The snapshots of a bare QEMU: a file of libvirt's domainsnapshot XML for each, in the domain's state folder.
 */
export class SnapshotStore {
  readonly #folder: string;

  /** @param domainFolder the domain's state folder. */
  constructor(domainFolder: string) {
    this.#folder = join(domainFolder, 'snapshots');
  }

  /** Oldest first. */
  async list(): Promise<StoredSnapshot[]> {
    const names = await readdir(this.#folder).catch(() => []);
    const snapshots: StoredSnapshot[] = [];
    for (const file of names.filter((name) => name.endsWith('.xml') && !name.startsWith('.'))) {
      snapshots.push(await this.#read(join(this.#folder, file)));
    }
    const time = ({ description }: StoredSnapshot): number => Number(description.creationTime ?? 0);
    return snapshots.sort((a, b) => time(a) - time(b) || (a.name < b.name ? -1 : 1));
  }

  async find(name: string): Promise<StoredSnapshot | undefined> {
    try {
      return await this.#read(this.#path(name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Adds a snapshot or replaces the one of that name. */
  async put(name: string, xml: string): Promise<void> {
    await makePrivateFolder(this.#folder);
    await writeDurably(this.#path(name), xml);
  }

  async remove(name: string): Promise<void> {
    await rm(this.#path(name), { force: true });
    await rm(this.#launchPath(name), { force: true });
    await syncFolder(this.#folder);
  }

  /** Keeps, beside a snapshot's document, how its guest's QEMU was started. */
  async putLaunch(name: string, launch: LaunchRecord): Promise<void> {
    await makePrivateFolder(this.#folder);
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

  /** Name of the current snapshot, if there is one and it still exists. */
  async current(): Promise<string | undefined> {
    const name = await readFile(join(this.#folder, CURRENT), 'utf8').catch(() => undefined);
    return name !== undefined && (await this.find(name)) ? name : undefined;
  }

  async setCurrent(name: string | undefined): Promise<void> {
    await makePrivateFolder(this.#folder);
    if (name === undefined) await rm(join(this.#folder, CURRENT), { force: true });
    else await writeDurably(join(this.#folder, CURRENT), name);
  }

  async #read(path: string): Promise<StoredSnapshot> {
    const xml = await readFile(path, 'utf8');
    const description = parseSnapshotXml(xml);
    if (description.name === undefined) throw new Error(`${path}: a snapshot without a name`);
    return { name: description.name, description, xml };
  }

  #launchPath(name: string): string {
    return this.#path(name).replace(/\.xml$/, '.launch');
  }

  /** A file name that no snapshot's name can lead out of the folder: what is not plain is percent-encoded. */
  #path(name: string): string {
    const plain = encodeURIComponent(name).replace(
      /[.!'()*~]/g,
      (char) => `%${char.charCodeAt(0).toString(16)}`,
    );
    const file = plain.length <= 200 ? plain : createHash('sha256').update(name).digest('hex');
    return join(this.#folder, `${file}.xml`);
  }
}
