/** Memory as it came. The bytes are the taker's until it releases them. */
export interface MemoryChunk {
  readonly bytes: Buffer;
  release(): void;
}

/** Where a process gets a guest's memory from. As long as too much of it is not released, QEMU is left to wait. */
export interface MemoryInput {
  /** Begins to read. What comes goes to `take`, until the end. @returns when that has come */
  read(take: (chunk: MemoryChunk) => void): Promise<void>;
}
