/** virStream: bytes between the hypervisor and us. Blocking unless made with VIR_STREAM_NONBLOCK. */
export interface Stream {
  /** @returns up to `length` bytes; empty at the end; null where a non-blocking stream has none yet. */
  recv(length: number): Promise<Uint8Array | null>;
  /** @returns how many bytes were taken; null where a non-blocking stream takes none yet. */
  send(data: Uint8Array): Promise<number | null>;
  /** Ends it, and throws what went wrong on the far side. */
  finish(): Promise<void>;
  abort(): Promise<void>;
  free(): Promise<void>;
}
