import { VIR_STREAM_RECV_STOP_AT_HOLE } from './constants.js';
import { present, succeed } from './error.js';
import { Handle } from './handle.js';
import { native } from './library.js';
import { wide } from './memory.js';

// virStreamSend and virStreamRecv: a non-blocking stream would have to wait.
const WOULD_BLOCK = -2;
// virStreamRecvFlags.
const AT_HOLE = -3;

/** Where the C objects are. They are the process's, so that another thread may use them too. */
export interface StreamAddresses {
  readonly stream: bigint;
  readonly connection: bigint;
}

/** virStream: bytes between the hypervisor and us. Blocking unless made with VIR_STREAM_NONBLOCK. */
export class Stream extends Handle {
  #connection = 0n;

  /** @internal made by Connection.streamNew */
  static create(connection: bigint, flags: number): Stream {
    const stream = new Stream(present<bigint>(native.virStreamNew(connection, flags)));
    stream.#connection = connection;
    return stream;
  }

  /** @internal for the event thread */
  addresses(): StreamAddresses {
    return { stream: this.pointer, connection: this.#connection };
  }

  /** @returns up to `length` bytes; empty at the end; null where a non-blocking stream has none yet. */
  recv(length: number): Uint8Array | null {
    const bytes = new Uint8Array(length);
    const count: number = native.virStreamRecv(this.pointer, bytes, length);
    return count === WOULD_BLOCK ? null : bytes.slice(0, succeed(count));
  }

  /**
   * As `recv`, of a stream that tells of holes.
   * @returns a number where so many bytes of a hole come next.
   */
  recvSparse(length: number): Uint8Array | bigint | null {
    const bytes = new Uint8Array(length);
    const flags = VIR_STREAM_RECV_STOP_AT_HOLE;
    const count: number = native.virStreamRecvFlags(this.pointer, bytes, length, flags);
    if (count === WOULD_BLOCK) return null;
    if (count !== AT_HOLE) return bytes.slice(0, succeed(count));
    const hole: [number | bigint] = [0];
    succeed(native.virStreamRecvHole(this.pointer, hole, 0));
    return wide(hole[0]);
  }

  /** Sends so many bytes of nothing, on a stream that can tell of holes. */
  sendHole(length: bigint): void {
    succeed(native.virStreamSendHole(this.pointer, length, 0));
  }

  /** @returns how many bytes were taken; null where a non-blocking stream takes none yet. */
  send(data: Uint8Array): number | null {
    const count: number = native.virStreamSend(this.pointer, data, data.length);
    return count === WOULD_BLOCK ? null : succeed(count);
  }

  /** Ends it, and throws what went wrong on the far side. */
  finish(): void {
    succeed(native.virStreamFinish(this.pointer));
  }

  abort(): void {
    succeed(native.virStreamAbort(this.pointer));
  }

  override describe(): Record<string, string> {
    return {};
  }

  protected override unreference(pointer: bigint): void {
    native.virStreamFree(pointer);
  }
}
