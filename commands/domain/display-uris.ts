import type { Element } from '@xmldom/xmldom';
import type { Connection } from '../../src/hypervisor/index.js';
import { attributeAt, CommandError, elementsAt, parseWhole } from '../../src/shell/index.js';

/** In virsh's order. */
const schemes = ['vnc', 'spice', 'rdp', 'dbus'] as const;

const portOf = (graphics: Element, attribute: string): number => {
  const port = Number(parseWhole(graphics.getAttribute(attribute) ?? '') ?? 0n);
  return Math.max(port, 0);
};

/** URIs of a domain's graphical displays. @param only of this type. @throws CommandError */
export async function* displayUris(
  connection: Connection,
  domain: Element,
  only: string | undefined,
): AsyncGenerator<string> {
  const graphics = elementsAt(domain, 'devices', 'graphics');
  for (const scheme of schemes) {
    if (only !== undefined && only !== scheme) continue;
    const element = graphics.find((each) => each.getAttribute('type') === scheme);
    if (!element) continue;
    if (scheme === 'dbus') {
      yield dbusUri(element);
      continue;
    }
    const uri = await displayUri(connection, scheme, element);
    if (uri !== undefined) yield uri;
  }
}

function dbusUri(element: Element): string {
  const address = element.getAttribute('address') ?? '';
  const path = /^unix:path=([^,]*)/.exec(address)?.[1];
  if (path === undefined) throw new CommandError(`'${address}' D-Bus address is not handled`);
  return `dbus+unix://${path}`;
}

async function displayUri(
  connection: Connection,
  scheme: 'vnc' | 'spice' | 'rdp',
  element: Element,
): Promise<string | undefined> {
  const port = portOf(element, 'port');
  const tlsPort = portOf(element, 'tlsPort');
  const socket =
    element.getAttribute('socket') ||
    elementsAt(element, 'listen')
      .find((listen) => listen.getAttribute('type') === 'socket')
      ?.getAttribute('socket');
  const password = element.getAttribute('passwd') || undefined;
  if (socket) {
    const query = scheme === 'spice' && password !== undefined ? `?password=${password}` : '';
    return `${scheme}+unix://${scheme === 'vnc' && password !== undefined ? `:${password}@` : ''}${socket}${query}`;
  }
  if (port === 0 && tlsPort === 0) return undefined;
  const user = scheme === 'vnc' && password !== undefined ? `:${password}@` : '';
  const host = await hostOf(connection, element);
  const shown = host.includes(':') ? `[${host}]` : host;
  // VNC counts its displays from port 5900 on.
  const number = port === 0 ? '' : `:${scheme === 'vnc' ? port - 5900 : port}`;
  const parameters = [
    ...(tlsPort === 0 ? [] : [`tls-port=${tlsPort}`]),
    ...(scheme === 'spice' && password !== undefined ? [`password=${password}`] : []),
  ];
  return `${scheme}://${user}${shown}${number}${parameters.length === 0 ? '' : `?${parameters.join('&')}`}`;
}

/** Where a display listens; for all addresses, the host that the connection itself goes to. */
async function hostOf(connection: Connection, element: Element): Promise<string> {
  const listen = element.getAttribute('listen') || attributeAt(element, ['listen'], 'address');
  if (!listen) return 'localhost';
  if (listen !== '0.0.0.0' && listen !== '::') return listen;
  const uri = await connection.getURI().catch(() => '');
  return (
    /^[^:]+:\/\/(?:[^@/]*@)?(\[[^\]]*\]|[^:/?#]*)/.exec(uri)?.[1]?.replace(/^\[|\]$/g, '') || 'localhost'
  );
}
