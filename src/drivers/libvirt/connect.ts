import type { Worker } from 'node:worker_threads';
import type { Connection } from '../../hypervisor/connection.js';
import type { OpenOptions } from '../../hypervisor/open.js';
import type { DispatcherOptions } from '../../libvirt/dispatcher.js';
import type { LanePool } from '../../libvirt/lane-pool.js';
import { openDirect, type Session } from '../../libvirt/session.js';
import { consoleOpener, refuseConsole } from './console.js';
import { toHypervisorError } from './errors.js';
import { Watching } from './watching.js';

function assemble(
  uri: string | undefined,
  session: Session,
  watching: Watching,
  options: OpenOptions,
  secondary: () => Promise<Connection>,
  close: () => Promise<void>,
): Connection {
  let closing: Promise<void> | null = null;
  const added = {
    uri,
    readonly: options.readonly ?? false,
    ownEngine: false,
    notices: async () => [],
    lateNotices: async () => [],
    watchDomainEvents: watching.watchDomainEvents,
    watchMonitorEvents: watching.watchMonitorEvents,
    watchObjectEvents: watching.watchObjectEvents,
    watchConnection: watching.watchConnection,
    domainOpenConsole: options.mode === 'lanes' ? consoleOpener(session.connection) : refuseConsole,
    secondary,
    release: () => session.release(),
    close: () => {
      closing ??= close();
      return closing;
    },
  };
  return Object.assign(Object.create(session.connection), added) as Connection;
}

/**
 * What open() does once everything is loaded.
 * @param first the thread of the connection, where it is to have one.
 */
export async function connect(
  settings: DispatcherOptions,
  options: OpenOptions,
  first: Worker | undefined,
): Promise<Connection> {
  const { uri } = settings;
  const lanes = options.mode === 'lanes';
  const watching = new Watching(settings);
  // Threads are for the shell and what waits; what comes once and goes doesn't even load them.
  let pool: LanePool | undefined;
  const lease = async (): Promise<Session> => {
    const { LanePool } = await import('../../libvirt/lane-pool.js');
    pool ??= new LanePool({ ...settings, pump: lanes, mapError: toHypervisorError, first });
    return pool.lease();
  };

  const secondary = async (): Promise<Connection> => {
    const session = await lease();
    return assemble(uri, session, watching, options, secondary, () => session.close());
  };

  // Keepalive on this thread's connection needs another thread to turn the event loop while calls block this one.
  const pump =
    !lanes && (options.keepalive?.interval ?? 0) > 0
      ? await (await import('../../libvirt/event-thread.js')).acquireEventThread()
      : null;
  let session: Session;
  try {
    session = lanes ? await lease() : openDirect(settings, toHypervisorError);
  } catch (error) {
    await pool?.closeAll();
    await pump?.release();
    throw toHypervisorError(error);
  }
  return assemble(uri, session, watching, options, secondary, async () => {
    await watching.close();
    await session.close();
    await pool?.closeAll();
    await pump?.release();
  });
}
