/** What a thread that checks blocks is started with. */
export interface CheckerData {
  /** Of the content hash. */
  readonly hashKey: Uint8Array;
  readonly dictionary: Uint8Array | undefined;
}

/** A stretch of the file, and blocks in it. The thread has the bytes for itself. */
export interface CheckTask {
  readonly start: number;
  readonly bytes: Uint8Array;
  readonly blocks: readonly CheckedBlock[];
}

export interface CheckedBlock {
  /** Of its chunk in the file, and the length of the chunk's payload. */
  readonly offset: number;
  readonly length: number;
  /** Bytes that it must come to, and their hash. */
  readonly plain: number;
  readonly hash: Uint8Array;
}

/** For each block in its turn, 1 if all is well with it. What is not is for others to name. */
export type CheckVerdict = Uint8Array;
