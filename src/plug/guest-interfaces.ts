import type { QmpClient } from '../qmp/index.js';

/** A network card of a guest. */
export interface GuestInterface {
  /** Its device's id, or what QEMU calls it where it has none. */
  readonly name: string;
  readonly model: string;
  readonly mac: string;
  /** What it is plugged into, as QEMU has it: `user`, `tap`, `bridge`, …; undefined if nothing is at the other end. */
  readonly backend: string | undefined;
  /** What QEMU calls the other end. */
  readonly netdev: string | undefined;
  /** The device on the host that is the other end. */
  readonly device: string | undefined;
  /** What QEMU tells of the other end besides: the ports of sockets. */
  readonly about: string;
}

/** The network cards, in QEMU's order. Only the human monitor tells of all models, and of what they are plugged into. */
export async function guestInterfaces(qmp: QmpClient): Promise<GuestInterface[]> {
  const text = await qmp.execute('human-monitor-command', { 'command-line': 'info network' });
  const found: GuestInterface[] = [];
  // A card's line is followed by that of the other end, indented; ends without a card and hubs have lines of their own.
  let open = false;
  for (const line of text.split(/\r?\n/)) {
    const [, peer, name = '', about = ''] = /^( \\ )?(.*?): index=\d+,(.*)$/.exec(line) ?? [];
    const value = (key: string): string | undefined => new RegExp(`(?:^|,)${key}=([^,]*)`).exec(about)?.[1];
    const type = value('type');
    if (peer === undefined) {
      open = type === 'nic';
      if (!open) continue;
      const [model, mac] = [value('model') ?? '', value('macaddr') ?? ''];
      found.push({ name, model, mac, backend: undefined, netdev: undefined, device: undefined, about: '' });
    } else if (open) {
      const card = found.pop();
      if (card) {
        const told = about.replace(/^type=[^,]*,?/, '');
        found.push({ ...card, backend: type, netdev: name, device: value('ifname'), about: told });
      }
    }
  }
  return found;
}
