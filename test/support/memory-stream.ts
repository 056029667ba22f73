import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import type { QmpClient } from '../../src/qmp/index.js';
import type { BareGuest } from './qemu.js';

/** How a running guest's memory is taken; `precopy` leaves it running, too. */
export type StreamMethod = 'background' | 'precopy';

let streams = 0;

/**
 * Takes a guest's memory as QEMU sends it on a unix socket, and lets the guest go on.
 * @param client the guest's monitor, with the guest running.
 */
export async function memoryStream(
  guest: BareGuest,
  client: QmpClient,
  method: StreamMethod,
  take: (chunk: Buffer) => Promise<void> | void,
): Promise<void> {
  const path = join(guest.folder, `stream${streams++}`);
  const server = createServer();
  server.listen(path);
  await once(server, 'listening');
  const capability = { capability: 'background-snapshot' as const, state: method === 'background' };
  await client.execute('migrate-set-capabilities', { capabilities: [capability] });
  await client.execute('migrate-set-parameters', { 'max-bandwidth': 2 ** 40, 'downtime-limit': 2000 });
  try {
    const connected = once(server, 'connection') as Promise<[Socket]>;
    await client.execute('migrate', { uri: `unix:${path}` });
    const [socket] = await connected;
    for await (const chunk of socket) await take(chunk as Buffer);
    for (let status = ''; status !== 'completed'; ) {
      status = (await client.execute('query-migrate')).status ?? '';
      if (status === 'failed') throw new Error('the migration failed');
    }
    // After precopy the guest has been stopped, and QEMU 9 and newer stop it after a background snapshot, too.
    if (!(await client.execute('query-status')).running) await client.execute('cont');
  } finally {
    server.close();
    rmSync(path, { force: true });
    await client.execute('migrate-set-capabilities', { capabilities: [{ ...capability, state: false }] });
  }
}
