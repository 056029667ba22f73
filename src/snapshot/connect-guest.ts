import { findAgentPort } from '../agent/index.js';
import { ProtocolError, QmpClient } from '../qmp/index.js';
import type { Guest } from './guest.js';
import { type GuestPlace, locateGuest } from './guest-place.js';

export interface ConnectGuestOptions {
  readonly timeout?: number;
  readonly signal?: AbortSignal | undefined;
  /** The guest agent's socket, where the user named it. */
  readonly agentSocket?: string | undefined;
  /** Where the guest is, if that was found out just now. */
  readonly place?: GuestPlace | undefined;
}

/** Connects to a bare QEMU and learns what the engine needs to know of it. @throws ConnectError and others */
export async function connectGuest(socket: string, options: ConnectGuestOptions = {}): Promise<Guest> {
  const qmp = await QmpClient.connect(socket, {
    ...(options.timeout === undefined ? {} : { timeout: options.timeout }),
    signal: options.signal,
  });
  try {
    const [{ name }, { UUID: uuid }] = [await qmp.execute('query-name'), await qmp.execute('query-uuid')];
    const place = options.place ?? (await locateGuest(socket));
    const version = qmp.greeting?.version.qemu ?? (await qmp.execute('query-version')).qemu;
    return {
      name: name ?? place.nickname,
      uuid,
      socket,
      folder: place.folder,
      qmp,
      version,
      process: place.process,
      agentSocket: options.agentSocket ?? (await findAgentPort(qmp))?.path,
    };
  } catch (error) {
    await qmp.disconnect();
    // What comes from the socket may be anything: a field that is missing is its fault, not ours.
    if (error instanceof TypeError) throw new ProtocolError(`${socket} does not answer as QEMU does`);
    throw error;
  }
}
