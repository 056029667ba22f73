/** virStream: bytes between the hypervisor and us. Blocking unless made with VIR_STREAM_NONBLOCK. */
export interface Stream {
  /** @returns up to `length` bytes; empty at the end; null where a non-blocking stream has none yet. */
  recv(length: number): Promise<Uint8Array | null>;
  /** As `recv`, of a stream that tells of holes. @returns a bigint where so many bytes of a hole come next. */
  recvSparse(length: number): Promise<Uint8Array | bigint | null>;
  /** Sends so many bytes of nothing, on a stream that can tell of holes. */
  sendHole(length: bigint): Promise<void>;
  /** @returns how many bytes were taken; null where a non-blocking stream takes none yet. */
  send(data: Uint8Array): Promise<number | null>;
  /** Ends it, and throws what went wrong on the far side. */
  finish(): Promise<void>;
  abort(): Promise<void>;
  free(): Promise<void>;
}
