import { CommandFailure, type QmpClient } from '../../qmp/index.js';
import { escapeXml } from '../../snapshot/snapshot-xml.js';
import { qomDevices } from './qom-devices.js';

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
      `    <graphics type='${type}' socket='${socket}'>`,
      `      <listen type='socket' socket='${socket}'/>`,
      '    </graphics>',
    ];
  }
  const { address = '', port, tlsPort } = listens;
  const ports = [
    ...(port ? [`port='${escapeXml(port)}'`] : []),
    ...(tlsPort ? [`tlsPort='${tlsPort}'`] : []),
  ];
  return [
    `    <graphics type='${type}' ${ports.join(' ')} autoport='no' listen='${escapeXml(address)}'>`,
    `      <listen type='address' address='${escapeXml(address)}'/>`,
    '    </graphics>',
  ];
}

/** QOM types of the devices that are a terminal of the guest. */
const terminals = /^(isa-serial|pci-serial|virtconsole|usb-serial|spapr-vty|sclpconsole|sclplmconsole)$/;

/** The <serial> of a guest's terminals that are pseudo-terminals here, and the first of them as its <console>. */
export async function consoleLines(qmp: QmpClient): Promise<string[]> {
  const devices = (await qmp.execute('query-chardev')).flatMap(({ label, filename }) => {
    const [, tty] = /^pty:(\/.*)$/.exec(filename) ?? [];
    return tty === undefined ? [] : [{ label, tty }];
  });
  if (devices.length === 0) return [];
  const used = new Set<string>();
  for (const { path, type } of await qomDevices(qmp)) {
    if (terminals.test(type)) used.add(String(await qmp.execute('qom-get', { path, property: 'chardev' })));
  }
  // -serial makes its own, and calls them so.
  const serial = devices.filter(({ label }) => used.has(label) || /^serial\d+$/.test(label));
  const [first] = serial;
  return [
    ...serial.flatMap(({ label, tty }, port) => [
      "    <serial type='pty'>",
      `      <source path='${escapeXml(tty)}'/>`,
      `      <target port='${port}'/>`,
      `      <alias name='${escapeXml(label)}'/>`,
      '    </serial>',
    ]),
    ...(first
      ? [
          `    <console type='pty' tty='${escapeXml(first.tty)}'>`,
          `      <source path='${escapeXml(first.tty)}'/>`,
          "      <target type='serial' port='0'/>",
          '    </console>',
        ]
      : []),
  ];
}
