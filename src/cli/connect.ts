import { type Connection, open, registerDriver } from '../hypervisor/index.js';
import { CommandError, type Opener } from '../shell/index.js';
import type { Globals } from './globals.js';
import { CutOffNotices } from './libvirt-notices.js';

registerDriver('default', () => import('../drivers/libvirt/index.js'));
registerDriver('qmp', () => import('../drivers/qmp/index.js'));

/**
 * Opens connections as the program's options ask.
 * @param mode `lanes` where the program must stay responsive while a call blocks.
 */
export function openerFor(globals: Globals, mode: 'direct' | 'lanes'): Opener {
  return async (uri, { readonly }) => {
    const connection = await open(uri, {
      readonly,
      mode,
      ...(globals.keepalive ? { keepalive: globals.keepalive } : {}),
    });
    if (globals.keepalive && globals.keepalive.interval > 0)
      await demandKeepalive(connection, globals.keepalive);
    // A driver with an engine of its own tells by itself.
    if (!connection.ownEngine) {
      const cutOff = new CutOffNotices(connection);
      connection.notices = () => cutOff.notices();
      connection.lateNotices = () => cutOff.lateNotices();
    }
    return connection;
  };
}

/** For those who mend: nobody is asked anything. */
export const openLibvirt = (uri: string): Promise<Connection> => open(uri, { mode: 'lanes' });

/** Keepalive that was asked for by option must work, or there is no connection. */
async function demandKeepalive(
  connection: Connection,
  { interval, count }: { interval: number; count: number },
): Promise<void> {
  try {
    await connection.setKeepAlive(interval, count);
  } catch (error) {
    await connection.close();
    throw new CommandError('Cannot setup keepalive on connection as requested, disconnecting', error);
  }
}
