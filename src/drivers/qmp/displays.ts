import { readCharacterSource, sourceLines } from '../../plug/character-source.js';
import type { PresentDevice } from '../../plug/present-devices.js';
import { CommandFailure, type QmpClient } from '../../qmp/index.js';
import { escapeXml } from '../../snapshot/snapshot-xml.js';

/** The <graphics> of a guest's screens: where VNC and SPICE clients connect to. */
export async function graphicsLines(qmp: QmpClient): Promise<string[]> {
  const [servers, spice] = await Promise.all([
    qmp.execute('query-vnc-servers').catch(none),
    qmp.execute('query-spice').catch(none),
  ]);
  const lines: string[] = [];
  for (const { server } of servers ?? []) {
    const main = server.find(({ websocket }) => !websocket);
    if (!main) continue;
    const unix = main.family === 'unix';
    lines.push(...graphics('vnc', unix ? { socket: main.host } : { address: main.host, port: main.service }));
  }
  if (spice?.enabled) {
    const { host, port, 'tls-port': tlsPort } = spice;
    const listens = host?.startsWith('/')
      ? { socket: host }
      : { address: host, ...(port && { port: String(port) }), ...(tlsPort && { tlsPort: String(tlsPort) }) };
    lines.push(...graphics('spice', listens));
  }
  return lines;
}

/** A QEMU without VNC or SPICE has no such command. */
function none(error: unknown): undefined {
  if (!(error instanceof CommandFailure)) throw error;
}

function graphics(
  type: 'vnc' | 'spice',
  listens: { socket: string } | { address?: string | undefined; port?: string; tlsPort?: string },
): string[] {
  if ('socket' in listens) {
    const socket = escapeXml(listens.socket);
    return [
      `<graphics type='${type}' socket='${socket}'>`,
      `  <listen type='socket' socket='${socket}'/>`,
      '</graphics>',
    ];
  }
  const { address = '', port, tlsPort } = listens;
  const ports = [
    ...(port ? [`port='${escapeXml(port)}'`] : []),
    ...(tlsPort ? [`tlsPort='${tlsPort}'`] : []),
  ];
  return [
    `<graphics type='${type}' ${ports.join(' ')} autoport='no' listen='${escapeXml(address)}'>`,
    `  <listen type='address' address='${escapeXml(address)}'/>`,
    '</graphics>',
  ];
}

/**
 * The <serial> and <console> of a guest: the ports that -serial has made and are pseudo-terminals here, those that are
 * devices, and as its <console> the first that is a pseudo-terminal.
 */
export async function consoleLines(qmp: QmpClient, present: readonly PresentDevice[]): Promise<string[]> {
  const used = new Set(present.flatMap(({ backends }) => backends.map(({ id }) => id)));
  const made = (await qmp.execute('query-chardev')).flatMap(({ label, filename }) => {
    const source = readCharacterSource(filename);
    // -serial calls them so.
    return source?.type === 'pty' && /^serial\d+$/.test(label) && !used.has(label) ? [{ label, source }] : [];
  });
  const ofBoard = made.map(({ label, source }, port) => ({
    tty: source.source.path,
    lines: [
      "<serial type='pty'>",
      ...sourceLines(source),
      `  <target port='${port}'/>`,
      `  <alias name='${escapeXml(label)}'/>`,
      '</serial>',
    ],
  }));
  const devices = (element: string): { tty: string | undefined; lines: readonly string[] }[] =>
    present
      .filter((device) => device.element === element)
      .map(({ source, lines }) => ({ tty: source?.type === 'pty' ? source.source.path : undefined, lines }));
  const serial = [...ofBoard, ...devices('serial')];
  const first = serial.find(({ tty }) => tty !== undefined);
  const tty = escapeXml(first?.tty ?? '');
  return [
    ...serial.flatMap(({ lines }) => lines),
    ...(first
      ? [
          `<console type='pty' tty='${tty}'>`,
          `  <source path='${tty}'/>`,
          "  <target type='serial' port='0'/>",
          '</console>',
        ]
      : []),
    // Where there is no serial port, a console is the first.
    ...devices('console').flatMap(({ lines, tty: own }, index) =>
      first || index > 0 || own === undefined
        ? lines
        : lines.map((line) => line.replace(/^<console type='pty'/, `$& tty='${escapeXml(own)}'`)),
    ),
  ];
}
