import { readCharacterSource } from '../../plug/character-source.js';
import { qomDevices } from '../../plug/qom-devices.js';
import type { QmpClient } from '../../qmp/index.js';

/** Where a terminal of the guest comes out on the host. */
export type TerminalBackend =
  | { readonly type: 'pty'; readonly path: string }
  /** QEMU listens, and serves one at a time. */
  | { readonly type: 'unix'; readonly path: string; readonly taken: boolean }
  | { readonly type: 'tcp'; readonly host: string; readonly port: number; readonly taken: boolean }
  /** Nothing that one could attach to: a file, QEMU's own window… */
  | { readonly type: 'other' };

/** A serial line or console of the guest. */
export interface GuestTerminal {
  /** The name of its character device in QEMU. */
  readonly label: string;
  /** The id of the device in the guest, if it has one. */
  readonly id: string | undefined;
  readonly backend: TerminalBackend;
}

/** QOM types of the devices that are a terminal of the guest. */
const types = /^(isa-serial|pci-serial|virtconsole|usb-serial|spapr-vty|sclpconsole|sclplmconsole)$/;

/** The terminals of a guest: those of -serial, then other serial lines, then consoles, each by name. */
export async function guestTerminals(qmp: QmpClient): Promise<GuestTerminal[]> {
  const filenames = new Map(
    (await qmp.execute('query-chardev')).map(({ label, filename }) => [label, filename]),
  );
  const found = new Map<string, { id: string | undefined; rank: number }>();
  // -serial makes its own, and calls them so.
  for (const label of filenames.keys()) {
    if (/^serial\d+$/.test(label)) found.set(label, { id: undefined, rank: 0 });
  }
  for (const { path, type, id } of await qomDevices(qmp)) {
    if (!types.test(type)) continue;
    const label = String(await qmp.execute('qom-get', { path, property: 'chardev' }));
    if (!filenames.has(label)) continue;
    found.set(label, { id, rank: found.get(label)?.rank ?? (/serial/.test(type) ? 1 : 2) });
  }
  // QEMU tells them in no order.
  return [...found]
    .sort(([one, { rank: a }], [other, { rank: b }]) => a - b || byNumber.compare(one, other))
    .map(([label, { id }]) => ({ label, id, backend: backendOf(filenameOf(label, filenames)) }));
}

const byNumber = new Intl.Collator('en', { numeric: true });

/** A device that several share, such as `mon:pty`, stands before the one that comes out on the host. */
function filenameOf(label: string, filenames: ReadonlyMap<string, string>): string {
  const filename = filenames.get(label) ?? '';
  return filename === 'mux' ? (filenames.get(`${label}-base`) ?? filename) : filename;
}

/** @param filename as query-chardev tells it */
export function backendOf(filename: string): TerminalBackend {
  const { type, source, connected: taken = false } = readCharacterSource(filename) ?? {};
  const { path = '', host = '', service, mode } = source ?? {};
  if (type === 'pty') return { type, path };
  // A socket that QEMU has connected to has somebody else at its other end.
  if (mode !== 'bind') return { type: 'other' };
  return type === 'unix'
    ? { type, path, taken }
    : { type: 'tcp', host: reachable(host), port: Number(service), taken };
}

/** An address to listen on all interfaces is no address to connect to. */
function reachable(host: string): string {
  if (host === '' || host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : host;
}
