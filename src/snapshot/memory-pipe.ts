import { closeSync } from 'node:fs';
import { CommandFailure, passDescriptor, type QmpClient } from '../qmp/index.js';
import { openPipe } from '../qmp/pipe.js';

/** QEMU's name for its end. One at a time: a name that is given again is closed. */
const NAME = 'snapctl-memory';
/**
 * What comes while the reader collects garbage, or waits for a processor. Only root may have so much, others 1 MiB
 * (/proc/sys/fs/pipe-max-size), which is full after 4 ms: the guest then waits at the first page that it wants to change.
 */
const BYTES = 8 * 1024 * 1024;

/**
 * A pipe for a guest's memory: QEMU writes into one end, the process that is to take it has the other.
 *
 * A background snapshot is written page by page. On a unix socket each page is a message of its own that wakes the reader,
 * and only 40 of them may wait: 1 GiB takes 4 s at best. A pipe is left alone for a moment and then read as a whole: 2.3 s.
 */
export class MemoryPipe {
  /** Where QEMU is to migrate to. */
  readonly uri = `fd:${NAME}`;
  /** For the process that takes memory; ours until close(). */
  readonly readEnd: number;

  private constructor(readEnd: number) {
    this.readEnd = readEnd;
  }

  /** Gives QEMU its end. @returns undefined where that can't be done, such as through a proxy of the monitor. */
  static async open(qmp: QmpClient, signal: AbortSignal): Promise<MemoryPipe | undefined> {
    const pipe = await openPipe(BYTES).catch(() => undefined);
    if (!pipe) return undefined;
    try {
      await passDescriptor(qmp, NAME, pipe.writeEnd, { signal });
    } catch (error) {
      closeSync(pipe.readEnd);
      signal.throwIfAborted();
      if (error instanceof CommandFailure) return undefined;
      throw error;
    } finally {
      // As long as we had it, nobody would hear of the end.
      closeSync(pipe.writeEnd);
    }
    return new MemoryPipe(pipe.readEnd);
  }

  /** Once the process that takes memory has been started. */
  close(): void {
    closeSync(this.readEnd);
  }
}

/** Has QEMU close an end that it was given and never used: who reads the other hears that nothing will come. */
export async function withdrawMemoryPipe(qmp: QmpClient): Promise<void> {
  try {
    await qmp.execute('closefd', { fdname: NAME });
  } catch (error) {
    // It had none, or has used it.
    if (!(error instanceof CommandFailure)) throw error;
  }
}
