import { type FSWatcher, watch } from 'node:fs';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  VIR_DOMAIN_CONSOLE_FORCE,
  VIR_DOMAIN_CONSOLE_SAFE,
  VIR_ERR_OPERATION_FAILED,
  VIR_FROM_QEMU,
} from '../../hypervisor/constants.js';
import { HypervisorError } from '../../hypervisor/errors.js';
import { makePrivateFolder } from '../../snapshot/durable-file.js';
import { identifyOurselves, isAlive, type ProcessIdentity } from '../../snapshot/process-identity.js';

/** A console serves one at a time. */
export const consoleTaken = (message = 'Active console session exists for this domain'): HypervisorError =>
  new HypervisorError(`operation failed: ${message}`, {
    code: VIR_ERR_OPERATION_FAILED,
    domain: VIR_FROM_QEMU,
  });

/** That a console of a guest is ours: a file in the guest's state folder, which says whose. */
export class ConsoleClaim {
  readonly #folder: string;
  readonly #path: string;
  readonly #text: string;
  #watcher: FSWatcher | undefined;

  private constructor(folder: string, path: string, text: string) {
    this.#folder = folder;
    this.#path = path;
    this.#text = text;
  }

  /**
   * @param flags VIR_DOMAIN_CONSOLE_FORCE takes it away from another, _SAFE insists on having it
   * @param onLost another has taken it away
   * @returns undefined where this can't be noted, for lack of permission or of room, and needn't be
   * @throws HypervisorError another has it
   */
  static async make(
    folder: string,
    label: string,
    flags: number,
    onLost: () => void,
  ): Promise<ConsoleClaim | undefined> {
    const path = join(folder, `console-${encodeURIComponent(label)}.json`);
    const { pid, startTime } = await identifyOurselves();
    // Several of one process are told apart, too.
    const text = JSON.stringify({ pid, startTime, since: performance.now() });
    const claim = new ConsoleClaim(folder, path, text);
    try {
      await claim.#take((flags & VIR_DOMAIN_CONSOLE_FORCE) !== 0);
      claim.#watcher = watch(path, () => void claim.#look(onLost));
      claim.#watcher.on('error', () => undefined);
    } catch (error) {
      if (error instanceof HypervisorError || flags & VIR_DOMAIN_CONSOLE_SAFE) throw error;
      return undefined;
    }
    return claim;
  }

  async release(): Promise<void> {
    this.#watcher?.close();
    if (await this.#isOurs()) await rm(this.#path, { force: true });
  }

  async #take(force: boolean): Promise<void> {
    await makePrivateFolder(this.#folder);
    const aside = `${this.#path}.${process.pid}`;
    await writeFile(aside, this.#text, { mode: 0o600 });
    try {
      for (;;) {
        try {
          // Whole at once, and only if there is none.
          await link(aside, this.#path);
          return;
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
        }
        const owner = await readOwner(this.#path);
        if (owner && !force && (await isAlive(owner))) throw consoleTaken();
        await rm(this.#path, { force: true });
      }
    } finally {
      await rm(aside, { force: true });
    }
  }

  async #look(onLost: () => void): Promise<void> {
    if (await this.#isOurs()) return;
    this.#watcher?.close();
    onLost();
  }

  async #isOurs(): Promise<boolean> {
    return (await readFile(this.#path, 'utf8').catch(() => undefined)) === this.#text;
  }
}

async function readOwner(path: string): Promise<ProcessIdentity | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as ProcessIdentity;
  } catch {
    return undefined;
  }
}
