import type { MemoryInput } from './memory-input.js';
import { PipeInput } from './pipe-input.js';
import type { SinkOrder } from './sink.js';
import { acceptOne } from './sink-listen.js';
import { SocketInput } from './socket-input.js';

/** The descriptor that a process is started with for its pipe. */
export const PIPE = 3;

/** A pipe's input: it hears, before it is read, whether memory comes. */
export interface BegunInput extends MemoryInput {
  /** It would read at once what came. */
  readonly ready: Promise<void>;
  readonly begun: Promise<boolean>;
}

/**
 * Says where it listens, and waits for memory.
 * @param room bytes that may wait to be released.
 * @param open how a pipe is to be read.
 * @returns undefined if none will come: QEMU has closed its end before anything was written, or SIGTERM says so.
 */
export async function awaitMemory(
  { pipe, owner }: Pick<SinkOrder, 'pipe' | 'owner'>,
  room: number,
  open: (descriptor: number) => BegunInput = (descriptor) => new PipeInput(descriptor, room),
): Promise<MemoryInput | undefined> {
  if (pipe === null) {
    const socket = await acceptOne(owner);
    return socket && new SocketInput(socket, room);
  }
  const input = open(PIPE);
  await input.ready;
  process.stdout.write(`listening ${pipe}\n`);
  return (await input.begun) ? input : undefined;
}
