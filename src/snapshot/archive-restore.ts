import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { lstat, mkdir, mkdtemp, open, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { archiveExports } from '../archive/archive-exports.js';
import {
  type ArchivedDomain,
  NVRAM,
  readArchivedDomain,
  SAVE_HEADER,
  XML_DOCUMENT,
} from '../archive/archived-domain.js';
import { markRunning } from '../archive/global-state.js';
import { type ArchiveReader, extractStream } from '../archive/index.js';
import { NbdServer } from '../archive/nbd-server.js';
import { VIR_ERR_OPERATION_FAILED } from '../hypervisor/constants.js';
import { HypervisorError } from '../hypervisor/index.js';
import { startScript } from './archive-script.js';
import { restoredXml } from './archive-xml.js';
import { syncFolder } from './durable-file.js';

export interface RestoreArchiveOptions {
  readonly format: 'qcow2' | 'raw';
  readonly signal: AbortSignal;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** What was written, each with its full path. */
export interface RestoredArchive {
  readonly domain: ArchivedDomain;
  readonly folder: string;
  readonly disks: readonly { readonly disk: string; readonly file: string }[];
  /** QEMU's migration stream; libvirt's image of it for a guest of libvirt. */
  readonly memory: string | null;
  readonly nvram: string | null;
  /** libvirt's description of the guest, with the disks where they are now. */
  readonly xml: string | null;
  /** Shell script that continues the guest; null where there is no command line that it could use. */
  readonly script: string | null;
  /** What to know about them. */
  readonly notes: readonly string[];
}

const failed = (text: string, cause?: unknown): HypervisorError =>
  new HypervisorError(`operation failed: ${text}`, { code: VIR_ERR_OPERATION_FAILED, cause });

/**
 * Unpacks an archive into a folder, which is made if it isn't there. Every file gets a name of ours inside of it; none
 * is ever replaced, no link is followed, and what was begun is removed if anything fails.
 * @throws HypervisorError, ArchiveError, SystemError
 */
export async function restoreArchive(
  archive: ArchiveReader,
  directory: string,
  options: RestoreArchiveOptions,
): Promise<RestoredArchive> {
  const domain = await readArchivedDomain(archive);
  const made = await mkdir(directory, { recursive: true, mode: 0o700 });
  const folder = await realpath(directory);
  const restore = new Restore(archive, domain, folder, options);
  try {
    const result = await restore.run();
    await syncFolder(folder);
    return result;
  } catch (error) {
    await restore.takeBack();
    if (made !== undefined) await rm(made, { recursive: true, force: true });
    throw error;
  }
}

class Restore {
  readonly #archive: ArchiveReader;
  readonly #domain: ArchivedDomain;
  readonly #folder: string;
  readonly #options: RestoreArchiveOptions;
  readonly #written: string[] = [];
  readonly #notes: string[] = [];
  readonly #total: number;
  #done = 0;

  constructor(
    archive: ArchiveReader,
    domain: ArchivedDomain,
    folder: string,
    options: RestoreArchiveOptions,
  ) {
    this.#archive = archive;
    this.#domain = domain;
    this.#folder = folder;
    this.#options = options;
    const sizes = archive.info.streams.map(({ size }) => size);
    this.#total = sizes.reduce((sum, size) => sum + size, 0);
  }

  async run(): Promise<RestoredArchive> {
    const { disks: all, memory: bytes, origin } = this.#domain;
    const { format } = this.#options;
    const hard = all.filter(({ stream }) => stream !== NVRAM);
    const names = hard.map(({ stream }) => `${basename(stream)}.${format === 'raw' ? 'img' : 'qcow2'}`);
    const flash = all.find(({ stream }) => stream === NVRAM);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) throw failed(`two disks would be called '${twice}'`);
    for (const name of [...names, 'memory', 'memory.save', 'nvram', 'domain.xml', 'start.sh']) {
      const path = join(this.#folder, name);
      if (await lstat(path).catch(() => undefined)) throw failed(`'${path}' is there already`);
    }
    const disks: { disk: string; file: string }[] = [];
    for (const [index, { stream, target }] of hard.entries())
      disks.push({ disk: target, file: await this.#disk(stream, names[index] as string) });
    const nvram = flash ? await this.#extract(NVRAM, 'nvram') : null;
    const memory = bytes === null ? null : await this.#memory(origin);
    const files = new Map(disks.map(({ disk, file }) => [disk, file]));
    const xml = await this.#xml(files, nvram);
    const script = origin === 'qemu' ? await this.#script(files, nvram, memory) : null;
    return {
      domain: this.#domain,
      folder: this.#folder,
      disks,
      memory,
      nvram,
      xml,
      script,
      notes: this.#notes,
    };
  }

  async takeBack(): Promise<void> {
    for (const path of this.#written) await rm(path, { force: true });
  }

  #path(name: string): string {
    const path = join(this.#folder, name);
    this.#written.push(path);
    return path;
  }

  #progress(done: number): void {
    this.#options.onProgress?.(Math.min(this.#done + done, this.#total), this.#total);
  }

  async #extract(stream: string, name: string): Promise<string> {
    const path = join(this.#folder, name);
    const { signal } = this.#options;
    await extractStream(this.#archive, stream, path, { signal, onProgress: (done) => this.#progress(done) });
    this.#written.push(path);
    this.#done += this.#archive.stream(stream).size;
    return path;
  }

  async #disk(stream: string, name: string): Promise<string> {
    if (this.#options.format === 'raw') return this.#extract(stream, name);
    const path = await this.#create(name);
    await this.#convert(stream, path);
    this.#done += this.#archive.stream(stream).size;
    this.#progress(0);
    return path;
  }

  /** A new, empty file. */
  async #create(name: string, mode = 0o600): Promise<string> {
    const { O_CREAT, O_EXCL, O_WRONLY, O_NOFOLLOW } = constants;
    const path = this.#path(name);
    const handle = await open(path, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, mode).catch(
      (error: unknown) => {
        this.#written.pop();
        throw error;
      },
    );
    await handle.close();
    return path;
  }

  /** Has qemu-img read the disk from a server of ours, which tells it what is zero. */
  async #convert(stream: string, path: string): Promise<void> {
    const { signal } = this.#options;
    const place = await mkdtemp(join(tmpdir(), 'snapctl-'));
    let unreadable: Error | undefined;
    const server = await NbdServer.listen(join(place, 'nbd'), archiveExports(this.#archive, [{ stream }]), {
      onFailure: (_, error) => (unreadable ??= error),
    });
    const { O_RDWR, O_NOFOLLOW } = constants;
    const handle = await open(path, O_RDWR | O_NOFOLLOW);
    try {
      const url = `nbd+unix:///${encodeURIComponent(stream)}?socket=${encodeURIComponent(server.socket)}`;
      // As a descriptor: whatever comes to be in its place is not written to.
      const words = ['convert', '-q', '-f', 'raw', '-O', 'qcow2', '--', url, '/proc/self/fd/3'];
      const child = spawn('qemu-img', words, { stdio: ['ignore', 'ignore', 'pipe', handle.fd], signal });
      let said = '';
      child.stderr?.on('data', (chunk: Buffer) => {
        said = (said + chunk.toString()).slice(-4096);
      });
      const [status] = await once(child, 'close');
      if (unreadable) throw unreadable;
      if (status !== 0)
        throw failed(`'${path}' cannot be written: ${said.trim() || `qemu-img ended with ${status}`}`);
      await handle.sync();
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      await handle.close();
      await server.close();
      await rm(place, { recursive: true, force: true });
    }
  }

  async #memory(origin: ArchivedDomain['origin']): Promise<string> {
    if (origin !== 'libvirt') {
      const path = await this.#extract('memory', 'memory');
      const runs = !this.#domain.running || (await markRunning(path));
      if (!runs) this.#notes.push('the guest will be paused: tell its monitor to cont');
      return path;
    }
    // What libvirt writes and restores: its header, then the stream.
    const path = await this.#create('memory.save');
    const { O_WRONLY, O_NOFOLLOW } = constants;
    const handle = await open(path, O_WRONLY | O_NOFOLLOW);
    try {
      for (const stream of [SAVE_HEADER, 'memory']) {
        for await (const chunk of this.#archive.chunks(stream, { signal: this.#options.signal })) {
          await handle.writeFile(chunk);
          this.#done += chunk.length;
          this.#progress(0);
        }
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    return path;
  }

  async #xml(disks: ReadonlyMap<string, string>, nvram: string | null): Promise<string | null> {
    if (!this.#archive.info.streams.some(({ name }) => name === XML_DOCUMENT)) return null;
    const { format } = this.#options;
    const text = restoredXml(await this.#archive.document(XML_DOCUMENT), disks, format, nvram);
    return this.#text('domain.xml', text);
  }

  async #script(
    disks: ReadonlyMap<string, string>,
    nvram: string | null,
    memory: string | null,
  ): Promise<string | null> {
    const { format } = this.#options;
    const script = startScript(this.#domain, { disks, format, nvram, memory });
    if ('refusals' in script) {
      this.#notes.push(...script.refusals.map((text) => `there is no start script: ${text}`));
      return null;
    }
    return this.#text('start.sh', script.text, 0o700);
  }

  async #text(name: string, text: string, mode = 0o600): Promise<string> {
    const path = await this.#create(name, mode);
    const handle = await open(path, constants.O_WRONLY | constants.O_NOFOLLOW);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    return path;
  }
}
