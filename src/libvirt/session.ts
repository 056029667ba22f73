import { type AsyncConnection, makeAsyncConnection, type Transport } from './async-objects.js';
import { Dispatcher, type DispatcherOptions } from './dispatcher.js';
import { registerEventLoop } from './library.js';

/** A connection in asynchronous form, and the lives of the objects it hands out. */
export interface Session {
  readonly connection: AsyncConnection;
  /** Frees every object handed out since the last release. */
  release(): Promise<void>;
  close(): Promise<void>;
}

/** Turns an error into the one callers are to see. */
export type ErrorMapper = (error: unknown) => unknown;

/** A transport whose failures go through `map`. */
export function mapErrors(transport: Transport, map: ErrorMapper | undefined): Transport {
  if (!map) return transport;
  return {
    async call(object, method, args) {
      try {
        return await transport.call(object, method, args);
      } catch (error) {
        throw map(error);
      }
    },
  };
}

/**
 * A session on the calling thread: every call blocks it until libvirt answers.
 * @param options with keepalive only where an event thread turns libvirt's event loop.
 * @throws LibvirtError, LibraryMissingError
 */
export function openDirect(options: DispatcherOptions, map?: ErrorMapper): Session {
  // The embedded drivers refuse to open without an event loop; their calls do well without anybody turning it.
  if (/^[a-z]+:\/\/\/embed(\?|$)/.test(options.uri ?? '')) registerEventLoop();
  const dispatcher = new Dispatcher(options);
  dispatcher.open();
  const transport: Transport = {
    async call(object, method, args) {
      return dispatcher.invoke(object, method, args);
    },
  };
  return {
    connection: makeAsyncConnection(mapErrors(transport, map)),
    release: async () => dispatcher.release(),
    close: async () => dispatcher.close(),
  };
}
