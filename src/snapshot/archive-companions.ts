import { LaunchedArchiver } from './archiver.js';
import { Guardian } from './guardian.js';
import type { Guest } from './guest.js';
import { MemoryPipe, withdrawMemoryPipe } from './memory-pipe.js';

/** The processes that an archive needs, which take as long to come up as all the rest before the guest is touched. */
export class ArchiveCompanions {
  readonly guardian: Promise<Guardian>;
  readonly archiver: Promise<LaunchedArchiver>;
  readonly #qmp: Guest['qmp'];

  constructor(
    guest: Guest,
    file: string,
    { memory, signal }: { readonly memory: boolean; readonly signal: AbortSignal },
  ) {
    this.#qmp = guest.qmp;
    this.guardian = Guardian.start(guest.folder, signal);
    this.archiver = memory
      ? MemoryPipe.open(guest.qmp, signal).then((pipe) => new LaunchedArchiver(file, pipe))
      : Promise.resolve(new LaunchedArchiver(file));
    // A failure is for whoever asks for them.
    for (const companion of [this.guardian, this.archiver]) companion.catch(() => undefined);
  }

  /** After a failure: it is not left waiting to be told what to write. */
  async dismissArchiver(): Promise<void> {
    (await this.archiver.catch(() => undefined))?.dismiss();
  }

  /** Nothing has begun, and nothing will. */
  async dismiss(): Promise<void> {
    await this.dismissArchiver();
    (await this.guardian.catch(() => undefined))?.dismiss();
    await withdrawMemoryPipe(this.#qmp).catch(() => undefined);
  }
}
