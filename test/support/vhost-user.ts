import { createServer, type Server, type Socket } from 'node:net';

/** Requests that want an answer (QEMU, docs/interop/vhost-user.rst), and ours: a number of 64 bits. */
const answers: ReadonlyMap<number, bigint> = new Map([
  // VHOST_USER_GET_FEATURES: VHOST_F_LOG_ALL, so that QEMU can migrate, protocol features, VIRTIO_F_VERSION_1.
  [1, (1n << 26n) | (1n << 30n) | (1n << 32n)],
  // VHOST_USER_GET_PROTOCOL_FEATURES: LOG_SHMFD, without which QEMU doesn't migrate either.
  [15, 1n << 1n],
  // VHOST_USER_GET_VRING_BASE.
  [11, 0n],
]);
const HEADER = 12;
const VERSION_AND_REPLY = 5;

/** The far end of a vhost-user device, as far as QEMU needs one to start. Nothing is ever transferred. */
export function vhostUserBackend(path: string): Promise<Server> {
  const server = createServer(serve);
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => resolve(server));
  });
}

function serve(socket: Socket): void {
  let rest = Buffer.alloc(0);
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= HEADER && rest.length >= HEADER + rest.readUInt32LE(8)) {
      const request = rest.readUInt32LE(0);
      rest = rest.subarray(HEADER + rest.readUInt32LE(8));
      const answer = answers.get(request);
      if (answer === undefined) continue;
      const message = Buffer.alloc(HEADER + 8);
      message.writeUInt32LE(request, 0);
      message.writeUInt32LE(VERSION_AND_REPLY, 4);
      message.writeUInt32LE(8, 8);
      message.writeBigUInt64LE(answer, HEADER);
      socket.write(message);
    }
  });
}
