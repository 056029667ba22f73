import koffi, { type LibraryHandle } from 'koffi';
import { libvirtPrototypes, libvirtQemuPrototypes } from './prototypes/index.js';

/** libvirt's client library is not installed (or is not for this machine). */
export class LibraryMissingError extends Error {
  override readonly name = 'LibraryMissingError';

  constructor(library: string, cause: unknown) {
    super(
      `cannot load ${library}: install libvirt's client library (Debian and Ubuntu: libvirt0, Fedora: libvirt-libs)`,
      { cause },
    );
  }
}

/** The function does not exist in the libvirt installed here: it is older than the function. */
export class FunctionMissingError extends Error {
  override readonly name = 'FunctionMissingError';

  constructor(
    readonly functionName: string,
    cause: unknown,
  ) {
    super(`this function is not supported by the installed libvirt: ${functionName}`, { cause });
  }
}

export type FunctionName = keyof typeof libvirtPrototypes | keyof typeof libvirtQemuPrototypes;

// koffi converts by prototype at run time; what a call takes and gives is stated by the typed classes above it.
// biome-ignore lint/suspicious/noExplicitAny: a foreign function has no static type
type ForeignFunction = (...args: any[]) => any;

const handles = new Map<string, LibraryHandle>();

function load(library: string): LibraryHandle {
  let handle = handles.get(library);
  if (!handle) {
    try {
      handle = koffi.load(library);
    } catch (cause) {
      throw new LibraryMissingError(library, cause);
    }
    handles.set(library, handle);
    if (library === 'libvirt.so.0') initialize(handle);
  }
  return handle;
}

function initialize(libvirt: LibraryHandle): void {
  // libvirt prints every error to stderr unless a handler is set. The handler has to be native: a JavaScript one
  // is entered from whatever thread fails, and waits for a thread that may itself be inside a call. getppid
  // ignores its arguments and does nothing.
  libvirt.func(libvirtPrototypes.virSetErrorFunc)(null, libc().symbol('getppid'));
  if (libvirt.func(libvirtPrototypes.virInitialize)() < 0)
    throw new Error('libvirt could not be initialized');
}

/** The C library. */
export function libc(): LibraryHandle {
  let handle = handles.get('libc.so.6');
  if (!handle) {
    handle = koffi.load('libc.so.6');
    handles.set('libc.so.6', handle);
  }
  return handle;
}

function declare(name: FunctionName): ForeignFunction {
  const qemu = name in libvirtQemuPrototypes;
  const library = load(qemu ? 'libvirt-qemu.so.0' : 'libvirt.so.0');
  const prototype = qemu
    ? libvirtQemuPrototypes[name as keyof typeof libvirtQemuPrototypes]
    : libvirtPrototypes[name as keyof typeof libvirtPrototypes];
  try {
    return library.func(prototype);
  } catch (cause) {
    throw new FunctionMissingError(name, cause);
  }
}

/**
 * Every function of the C API under its own name; loaded and declared when first used.
 * @throws LibraryMissingError, FunctionMissingError
 */
export const native = new Proxy({} as Record<FunctionName, ForeignFunction>, {
  get(declared, name: FunctionName) {
    declared[name] ??= declare(name);
    return declared[name];
  },
});

/** True if the installed libvirt has the function. */
export function hasFunction(name: FunctionName): boolean {
  try {
    return native[name] !== undefined;
  } catch (error) {
    if (error instanceof FunctionMissingError) return false;
    throw error;
  }
}

/** libvirt's own credential prompter on the terminal, as a pointer to hand to virConnectOpenAuth. */
export function defaultAuth(): bigint | null {
  return koffi.decode(load('libvirt.so.0').symbol('virConnectAuthPtrDefault'), 'void *');
}

let eventLoopRegistered = false;

/**
 * Registers libvirt's default event loop for this process. Connections opened afterwards rely on it being pumped
 * (virEventRunDefaultImpl), and leak two descriptors each if nobody does: only call this where somebody will.
 */
export function registerEventLoop(): void {
  if (eventLoopRegistered) return;
  if (native.virEventRegisterDefaultImpl() < 0) throw new Error('libvirt has no event loop');
  eventLoopRegistered = true;
}
