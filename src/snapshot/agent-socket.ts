import type { QmpClient } from '../qmp/index.js';

/** The port's name in the guest, by which the agent finds it. */
const PORT = 'org.qemu.guest_agent.0';

/**
 * The host's end of the guest agent's channel: the unix socket of the character device behind the port of the agent's
 * name. @returns undefined if the guest has none, or one that is no unix socket.
 */
export async function agentSocketOf(qmp: QmpClient): Promise<string | undefined> {
  const devices = await qmp.execute('query-chardev');
  const sockets = devices.flatMap(({ label, filename }) => {
    // `disconnected:unix:/run/ga.sock,server=on`, `unix:/run/ga.sock,server=on <-> …`
    const path = /(?:^|:)unix:(.+?)(?:,server(?:=on)?)?(?: <-> .*)?$/.exec(filename)?.[1];
    return path === undefined ? [] : [{ label, path }];
  });
  const chardev = await agentChardev(qmp);
  if (chardev !== undefined) return sockets.find(({ label }) => label === chardev)?.path;
  return sockets.find(
    ({ label, path }) => /qga|guest.?agent|^ga\d*$/i.test(label) || /qga|guest.?agent/i.test(path),
  )?.path;
}

/** The character device of the port that bears the agent's name. */
async function agentChardev(qmp: QmpClient): Promise<string | undefined> {
  for (const place of ['/machine/peripheral', '/machine/peripheral-anon']) {
    const devices = await qmp.execute('qom-list', { path: place });
    for (const { name, type } of devices) {
      if (type !== 'child<virtserialport>') continue;
      const path = `${place}/${name}`;
      const port = await qmp.execute('qom-get', { path, property: 'name' });
      if (port === PORT) return String(await qmp.execute('qom-get', { path, property: 'chardev' }));
    }
  }
  return undefined;
}
