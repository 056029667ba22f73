import type { Consoles } from '../../hypervisor/consoles.js';
import type { AsyncConnection, AsyncDomain } from '../../libvirt/async-objects.js';
import { VIR_STREAM_NONBLOCK } from '../../libvirt/constants.js';
import { toHypervisorError } from './errors.js';

/** Attaches to consoles over a connection whose stream the event thread can drive. */
export function consoleOpener(connection: AsyncConnection): Consoles['domainOpenConsole'] {
  return async (domain, device, flags = 0) => {
    const { StreamDuplex } = await import('../../libvirt/stream-duplex.js');
    const uri = await connection.getURI();
    const stream = await connection.streamNew(VIR_STREAM_NONBLOCK);
    try {
      // A domain of this driver is libvirt's (see model-check.ts).
      await (domain as unknown as AsyncDomain).openConsole(device, stream, flags);
      return await StreamDuplex.over(stream, { uri, mapError: toHypervisorError });
    } catch (error) {
      await stream.free().catch(() => undefined);
      throw toHypervisorError(error);
    }
  };
}

/** Over a connection on this thread, which nobody turns the event loop for. */
export const refuseConsole: Consoles['domainOpenConsole'] = () =>
  Promise.reject(new TypeError("a console needs a connection that was opened in mode 'lanes'"));
