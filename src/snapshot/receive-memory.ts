import type { MemoryChunk, MemoryInput } from './memory-input.js';

interface Reception {
  /** Told of every chunk's bytes as it comes. */
  count(bytes: number): void;
  /**
   * Stores what has come since the last call, in order. May release chunks on the way, and takes those out of the list then;
   * the others are released when it is done.
   */
  store(chunks: MemoryChunk[]): Promise<void>;
  /** Milliseconds from the first chunk on in which nothing is stored yet. */
  readonly onlyReadingMs?: number;
}

/**
 * Reads memory to its end, whatever happens to what is made of it: a QEMU before 8.1 hangs its guest if its reader stops.
 * @returns what made storing or reading fail.
 */
export async function receiveMemory(
  input: MemoryInput,
  { count, store, onlyReadingMs = 0 }: Reception,
): Promise<unknown> {
  let failure: unknown;
  let pending: MemoryChunk[] = [];
  let storing: Promise<void> | undefined;
  let begun = onlyReadingMs === 0;
  let later: NodeJS.Timeout | undefined;

  const flush = async (): Promise<void> => {
    while (pending.length > 0 && failure === undefined) {
      const batch = pending;
      pending = [];
      try {
        await store(batch);
      } catch (error) {
        failure = error;
      }
      for (const chunk of batch) chunk.release();
    }
    for (const chunk of pending.splice(0)) chunk.release();
    storing = undefined;
  };
  const begin = (): void => {
    begun = true;
    clearTimeout(later);
    storing ??= flush();
  };

  await input
    .read((chunk) => {
      count(chunk.bytes.length);
      if (failure !== undefined) {
        chunk.release();
        return;
      }
      pending.push(chunk);
      if (begun) storing ??= flush();
      else later ??= setTimeout(begin, onlyReadingMs);
    })
    .catch((error: unknown) => {
      failure = error;
    });
  begin();
  await storing;
  return failure;
}
