import { QmpError } from './errors.js';

export interface Pipe {
  readonly readEnd: number;
  readonly writeEnd: number;
}

const O_CLOEXEC = 0o2000000;
const F_SETPIPE_SZ = 1031;
const DEFAULT_BYTES = 65_536;

let opened: Promise<(bytes: number) => Pipe> | undefined;

/**
 * A pipe, which Node has no way to make; both ends are the caller's to close, and closed in programs that it starts.
 * @param bytes that may lie in it, or as many as the system allows: half, and half again
 * @throws QmpError
 */
export async function openPipe(bytes: number): Promise<Pipe> {
  opened ??= load();
  return (await opened)(bytes);
}

/** koffi is loaded only here, when first needed. */
async function load(): Promise<(bytes: number) => Pipe> {
  const { default: koffi } = await import('koffi');
  const libc = koffi.load('libc.so.6');
  const pipe2 = libc.func('int pipe2(_Out_ int *ends, int flags)');
  const fcntl = libc.func('int fcntl(int descriptor, int command, int argument)');
  return (bytes) => {
    const ends = [0, 0];
    if (pipe2(ends, O_CLOEXEC) < 0) throw new QmpError(`no pipe could be made (errno ${koffi.errno()})`);
    const [readEnd, writeEnd] = ends as [number, number];
    // What is refused leaves it as large as it is.
    for (let size = bytes; size > DEFAULT_BYTES && fcntl(writeEnd, F_SETPIPE_SZ, size) < 0; size /= 2);
    return { readEnd, writeEnd };
  };
}
