import type { QmpClient } from '../qmp/client.js';
import type { WaitOptions } from '../qmp/waiter.js';

/** Where a guest's agent can be reached. */
export interface AgentPort {
  /** The unix socket on the host; undefined if the port is connected to something else. */
  path: string | undefined;
  /** The chardev's id. */
  chardev: string;
  /** Whether something in the guest has the port open: if not, no agent runs. */
  open: boolean;
}

/** The name that agents look for, on Linux and Windows alike. */
const portName = 'org.qemu.guest_agent.0';

/**
 * Finds the agent's port of a running QEMU: by the port's name in the device tree, and its chardev in query-chardev.
 * @returns undefined if the machine has no such port
 */
export async function findAgentPort(
  client: QmpClient,
  wait: WaitOptions = {},
): Promise<AgentPort | undefined> {
  // Devices with an id, and those without.
  for (const folder of ['/machine/peripheral', '/machine/peripheral-anon']) {
    const children = await client.execute('qom-list', { path: folder }, wait);
    for (const { name, type } of children) {
      if (type !== 'child<virtserialport>') continue;
      const path = `${folder}/${name}`;
      if ((await client.execute('qom-get', { path, property: 'name' }, wait)) !== portName) continue;
      const chardev = await client.execute('qom-get', { path, property: 'chardev' }, wait);
      const device = (await client.execute('query-chardev', undefined, wait)).find(
        ({ label }) => label === chardev,
      );
      if (device)
        return { path: socketPath(device.filename), chardev: device.label, open: device['frontend-open'] };
    }
  }
  return undefined;
}

/**
 * The path in a chardev's description: `disconnected:unix:/run/ga.sock,server=on`, and `unix:/run/ga.sock,server=on`
 * while a client is connected. Commas in the path are not escaped there.
 */
export function socketPath(filename: string): string | undefined {
  return /^(?:disconnected:)?unix:(\/.*?)(?:,server=(?:on|off))?$/s.exec(filename)?.[1];
}
