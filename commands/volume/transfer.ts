import type { Stream } from '../../src/hypervisor/index.js';
import { type Context, InterruptedError, orFail } from '../../src/shell/index.js';

/** How much of a volume is held in memory at a time: what libvirt sends in one piece. */
export const CHUNK = 256 * 1024;

/**
 * Moves a volume's data over a stream, which is ended well or, whatever goes wrong, given up.
 * @throws CommandError, InterruptedError
 */
export async function transfer(
  context: Context,
  name: string,
  work: (stream: Stream) => Promise<void>,
): Promise<void> {
  const stream = await orFail('cannot create a new stream', context.connection.streamNew());
  let ended = false;
  try {
    await work(stream);
    ended = true;
    await orFail(`cannot close volume ${name}`, stream.finish());
  } finally {
    // What went wrong has been told; that the stream can't be given up any more adds nothing.
    if (!ended) await stream.abort().catch(() => undefined);
    await stream.free();
  }
}

/** @throws InterruptedError */
export function checkInterrupt({ signal }: Context): void {
  if (signal.aborted) throw new InterruptedError('interrupted');
}
