import type { Socket } from 'node:net';

/** When nothing more will come, for whatever reason. */
export const socketEnd = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    socket.once('close', () => resolve());
    socket.once('end', () => resolve());
    socket.once('error', () => undefined);
  });
