import { closeSync, constants, openSync } from 'node:fs';
import { connect, type NetConnectOpts, type Socket } from 'node:net';
import { ReadStream } from 'node:tty';
import { VIR_ERR_SYSTEM_ERROR, VIR_FROM_QEMU } from '../../hypervisor/constants.js';
import { HypervisorError } from '../../hypervisor/errors.js';
import { errnoWords } from '../../snapshot/errno-words.js';
import { makeRaw } from '../../terminal/raw-mode.js';

/** How long a socket may take to accept us. */
const CONNECT_MS = 5_000;

/** An open line to a guest's terminal. */
export interface ConsoleLine {
  readonly socket: Socket;
  /** To be called once the socket is closed. */
  close(): void;
}

/** @param name what it is called in messages */
export async function openPty(path: string, name: string): Promise<ConsoleLine> {
  const open = (): number => {
    try {
      return openSync(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
    } catch (error) {
      throw failed(`Unable to open '${name}'`, error);
    }
  };
  // One for its modes, which are put back when the other is closed.
  const descriptor = open();
  try {
    const restore = await makeRaw(descriptor);
    try {
      const socket = new ReadStream(open());
      return {
        socket,
        close: () => {
          restore();
          closeSync(descriptor);
        },
      };
    } catch (error) {
      restore();
      throw error;
    }
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

export function openSocket(options: NetConnectOpts, name: string): Promise<ConsoleLine> {
  return new Promise((resolve, reject) => {
    const socket = connect(options);
    const limit = setTimeout(
      () => socket.destroy(Object.assign(new Error('timed out'), { code: 'ETIMEDOUT' })),
      CONNECT_MS,
    );
    socket.once('error', refuse);
    socket.once('connect', () => {
      clearTimeout(limit);
      socket.off('error', refuse);
      resolve({ socket, close: () => undefined });
    });

    function refuse(error: Error): void {
      clearTimeout(limit);
      reject(failed(`Failed to connect socket to '${name}'`, error));
    }
  });
}

function failed(what: string, cause: unknown): HypervisorError {
  return new HypervisorError(`${what}: ${errnoWords((cause as NodeJS.ErrnoException).code)}`, {
    code: VIR_ERR_SYSTEM_ERROR,
    domain: VIR_FROM_QEMU,
    cause,
  });
}
