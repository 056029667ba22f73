import { createHash } from 'node:crypto';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makePrivateFolder, syncFolder, writeDurably } from './durable-file.js';

/** What a document must tell to be kept. */
export interface DocumentFacts {
  readonly name: string | undefined;
  /** Seconds since 1970. */
  readonly creationTime: bigint | undefined;
  readonly parent: string | undefined;
}

/** A document as the store has it. */
export interface StoredDocument<T extends DocumentFacts> {
  readonly name: string;
  readonly description: T;
  readonly xml: string;
}

const CURRENT = 'current';

/** libvirt's documents of one kind, a file for each, in a folder of a domain's state folder. */
export class DocumentStore<T extends DocumentFacts> {
  protected readonly folder: string;
  readonly #parse: (xml: string) => T;

  /** @param folder made when the first one is put in it. @param parse reads a document. */
  constructor(folder: string, parse: (xml: string) => T) {
    this.folder = folder;
    this.#parse = parse;
  }

  /** Oldest first. */
  async list(): Promise<StoredDocument<T>[]> {
    const names = await readdir(this.folder).catch(() => []);
    const documents: StoredDocument<T>[] = [];
    for (const file of names.filter((name) => name.endsWith('.xml') && !name.startsWith('.'))) {
      documents.push(await this.#read(join(this.folder, file)));
    }
    const time = ({ description }: StoredDocument<T>): number => Number(description.creationTime ?? 0);
    return documents.sort((a, b) => time(a) - time(b) || (a.name < b.name ? -1 : 1));
  }

  async find(name: string): Promise<StoredDocument<T> | undefined> {
    try {
      return await this.#read(this.path(name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Adds a document or replaces the one of that name. */
  async put(name: string, xml: string): Promise<void> {
    await makePrivateFolder(this.folder);
    await writeDurably(this.path(name), xml);
  }

  async remove(name: string): Promise<void> {
    await rm(this.path(name), { force: true });
    await syncFolder(this.folder);
  }

  /** Name of the current one, if there is one and it still exists. */
  async current(): Promise<string | undefined> {
    const name = await readFile(join(this.folder, CURRENT), 'utf8').catch(() => undefined);
    return name !== undefined && (await this.find(name)) ? name : undefined;
  }

  async setCurrent(name: string | undefined): Promise<void> {
    await makePrivateFolder(this.folder);
    if (name === undefined) await rm(join(this.folder, CURRENT), { force: true });
    else await writeDurably(join(this.folder, CURRENT), name);
  }

  async #read(path: string): Promise<StoredDocument<T>> {
    const xml = await readFile(path, 'utf8');
    const description = this.#parse(xml);
    if (description.name === undefined) throw new Error(`${path}: a document without a name`);
    return { name: description.name, description, xml };
  }

  /** A file name that no document's name can lead out of the folder: what is not plain is percent-encoded. */
  protected path(name: string): string {
    const plain = encodeURIComponent(name).replace(
      /[.!'()*~]/g,
      (char) => `%${char.charCodeAt(0).toString(16)}`,
    );
    const file = plain.length <= 200 ? plain : createHash('sha256').update(name).digest('hex');
    return join(this.folder, `${file}.xml`);
  }
}
