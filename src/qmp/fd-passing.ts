import { type Call, call } from './call.js';
import type { QmpClient } from './client.js';
import { QmpError } from './errors.js';
import type { LineSocket } from './line-socket.js';
import type { CommandReturns } from './schema/commands.js';
import type { WaitOptions } from './waiter.js';

/**
 * Hands an open descriptor to QEMU under a name (the command `getfd`), for example to migrate to `fd:NAME`. QEMU gets a
 * duplicate: ours stays open and is ours to close.
 *
 * @throws QmpError if the C library cannot be called or the kernel refuses; else as execute() does
 */
export async function passDescriptor(
  client: QmpClient,
  name: string,
  descriptor: number,
  options: WaitOptions = {},
): Promise<void> {
  await executeWithDescriptor(client, call('getfd', { fdname: name }), descriptor, options);
}

/**
 * Hands an open descriptor to QEMU as a set (the command `add-fd`), for commands that want a file's name: QEMU opens
 * `/dev/fdset/N` if the descriptor is open for what it wants to do. QEMU gets a duplicate; `remove-fd` closes it.
 * @returns N
 * @throws as passDescriptor()
 */
export async function passDescriptorSet(
  client: QmpClient,
  descriptor: number,
  options: WaitOptions = {},
): Promise<number> {
  const added = await executeWithDescriptor(client, call('add-fd'), descriptor, options);
  return (added as CommandReturns<'add-fd'>)['fdset-id'];
}

/**
 * Runs a command that somebody has written (QmpClient.executeText) and hands a descriptor over with it.
 * @returns the whole answer as QEMU wrote it
 * @throws as passDescriptor()
 */
export async function executeTextWithDescriptor(
  client: QmpClient,
  json: string,
  descriptor: number,
  options: WaitOptions = {},
): Promise<string> {
  return client.executeTextThrough(json, await transmitter(descriptor), options);
}

async function executeWithDescriptor(
  client: QmpClient,
  command: Call,
  descriptor: number,
  options: WaitOptions,
): Promise<unknown> {
  const answer = await executeTextWithDescriptor(client, JSON.stringify(command), descriptor, options);
  return (JSON.parse(answer) as { return: unknown }).return;
}

/** The command travels with the descriptor in one sendmsg(2), because Node has no way to send one. */
async function transmitter(
  descriptor: number,
): Promise<(socket: LineSocket, bytes: Buffer) => Promise<void>> {
  const sendWithDescriptor = await loadSendWithDescriptor();
  return async (socket, bytes) => {
    let sent = 0;
    while (sent === 0) {
      sent = sendWithDescriptor(handleOf(socket), bytes, descriptor);
      if (sent > 0) break;
      // The kernel's buffer is full until QEMU reads. Other commands may have been written by then.
      await new Promise((resolve) => setTimeout(resolve, 1));
      while (socket.unsent > 0) await socket.flushed();
    }
    // The descriptor went with the first byte; the rest, if any, is plain.
    if (sent < bytes.length) socket.write(bytes.subarray(sent));
  };
}

function handleOf(socket: LineSocket): number {
  const { descriptor } = socket;
  if (descriptor === undefined) throw new QmpError('the socket is closed');
  return descriptor;
}

const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;

/** @returns how many bytes were sent, 0 if the socket is full for now */
type SendWithDescriptor = (socket: number, bytes: Buffer, descriptor: number) => number;

let loaded: Promise<SendWithDescriptor> | undefined;

function loadSendWithDescriptor(): Promise<SendWithDescriptor> {
  loaded ??= load();
  return loaded;
}

/** koffi is loaded only here, when first needed: a client that passes no descriptors works without it. */
async function load(): Promise<SendWithDescriptor> {
  if (!['x64', 'arm64'].includes(process.arch) || process.platform !== 'linux') {
    throw new QmpError(`passing descriptors is not known on ${process.platform} ${process.arch}`);
  }
  const { default: koffi } = await import('koffi');
  const sendmsg = koffi.load('libc.so.6').func('int64_t sendmsg(int socket, void *message, int flags)');
  const { EAGAIN, EINTR } = koffi.os.errno;

  return (socket, bytes, descriptor) => {
    // struct iovec, cmsghdr with one int, msghdr as 64-bit Linux lays them out, little-endian.
    const vector = Buffer.alloc(16);
    vector.writeBigUInt64LE(koffi.address(bytes), 0);
    vector.writeBigUInt64LE(BigInt(bytes.length), 8);
    const control = Buffer.alloc(24);
    control.writeBigUInt64LE(20n, 0);
    control.writeInt32LE(SOL_SOCKET, 8);
    control.writeInt32LE(SCM_RIGHTS, 12);
    control.writeInt32LE(descriptor, 16);
    const message = Buffer.alloc(56);
    message.writeBigUInt64LE(koffi.address(vector), 16);
    message.writeBigUInt64LE(1n, 24);
    message.writeBigUInt64LE(koffi.address(control), 32);
    message.writeBigUInt64LE(BigInt(control.length), 40);
    const sent = Number(sendmsg(socket, message, MSG_DONTWAIT | MSG_NOSIGNAL));
    if (sent >= 0) return sent;
    const errno = koffi.errno();
    if (errno === EAGAIN || errno === EINTR) return 0;
    throw new QmpError(`the descriptor could not be sent (errno ${errno})`);
  };
}
