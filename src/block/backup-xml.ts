import type { Element } from '@xmldom/xmldom';
import { escapeXml } from '../snapshot/snapshot-xml.js';
import { refusal } from './refusals.js';
import { childElements, childText, parseRoot } from './xml-document.js';

/** Where QEMU serves a pull backup's disks over NBD. */
export type BackupServer =
  | { readonly transport: 'tcp'; readonly name: string; readonly port: string }
  | { readonly transport: 'unix'; readonly socket: string };

/** One disk of a backup, as far as it is said. */
export interface BackupDisk {
  readonly name: string;
  readonly backup: boolean;
  readonly type: 'file' | 'block';
  /** Where the copy goes; with pull, where QEMU keeps what the guest overwrites meanwhile. */
  readonly file: string | undefined;
  readonly format: string | undefined;
  readonly mode: 'full' | 'incremental' | undefined;
  /** The checkpoint since which changes are copied. */
  readonly incremental: string | undefined;
  readonly exportName: string | undefined;
  readonly exportBitmap: string | undefined;
}

/** A backup's document. Format: https://libvirt.org/formatbackup.html. */
export interface BackupDescription {
  readonly mode: 'push' | 'pull';
  readonly incremental: string | undefined;
  readonly server: BackupServer | undefined;
  /** Undefined where there is no list: all disks. */
  readonly disks: readonly BackupDisk[] | undefined;
}

/** @throws HypervisorError in libvirt's words. */
export function parseBackupXml(xml: string): BackupDescription {
  const root = parseRoot(xml, 'domainbackup', 'domain_backup');
  const mode = root.getAttribute('mode') || 'push';
  if (mode !== 'push' && mode !== 'pull') throw refusal('configuration', `unknown backup mode '${mode}'`);
  const [server] = childElements(root, 'server');
  if (server && mode === 'push') throw refusal('configuration', 'use of <server> requires pull mode backup');
  const [list] = childElements(root, 'disks');
  return {
    mode,
    incremental: childText(root, 'incremental'),
    server: server && parseServer(server),
    disks: list && childElements(list, 'disk').map((disk) => parseDisk(disk, mode)),
  };
}

function parseServer(server: Element): BackupServer {
  const value = (name: string): string | undefined => server.getAttribute(name) || undefined;
  if (value('tls') === 'yes')
    throw refusal('configuration', 'TLS for the NBD server of a backup is not possible here');
  const transport = value('transport') ?? 'tcp';
  if (transport === 'unix') {
    const socket = value('socket') ?? '';
    if (!socket.startsWith('/'))
      throw refusal('configuration', `backup socket path '${socket}' must be absolute`);
    return { transport, socket };
  }
  if (transport !== 'tcp') throw refusal('configuration', 'unexpected transport in <domainbackup>');
  const port = value('port');
  if (port === undefined || !/^\d+$/.test(port) || Number(port) > 65_535)
    throw refusal('configuration', '<domainbackup> must specify TCP port for now');
  return { transport, name: value('name') ?? 'localhost', port };
}

function parseDisk(disk: Element, mode: 'push' | 'pull'): BackupDisk {
  const value = (name: string): string | undefined => disk.getAttribute(name) || undefined;
  const name = value('name');
  if (name === undefined) throw refusal('configuration', 'missing name from disk backup element');
  const type = value('type') ?? 'file';
  if (type !== 'file' && type !== 'block')
    throw refusal('configuration', `unsupported disk backup type '${type}'`);
  const backupMode = value('backupmode');
  if (backupMode !== undefined && backupMode !== 'full' && backupMode !== 'incremental')
    throw refusal('configuration', `unsupported backup mode '${backupMode}' of disk '${name}'`);
  const [store] = childElements(disk, mode === 'push' ? 'target' : 'scratch');
  const [driver] = childElements(disk, 'driver');
  return {
    name,
    backup: value('backup') !== 'no',
    type,
    file: store?.getAttribute(type === 'file' ? 'file' : 'dev') || undefined,
    format: driver?.getAttribute('type') || undefined,
    mode: backupMode,
    incremental: value('incremental'),
    exportName: value('exportname'),
    exportBitmap: value('exportbitmap'),
  };
}

/** A disk of a backup that runs, with all that was not said filled in. */
export interface RunningBackupDisk extends Omit<BackupDisk, 'file' | 'format' | 'mode'> {
  readonly file: string;
  readonly format: string;
  readonly mode: 'full' | 'incremental';
}

/** The document of a backup that runs, as libvirt prints it. */
export function formatBackup({
  mode,
  incremental,
  server,
  disks,
  left,
}: {
  readonly mode: 'push' | 'pull';
  readonly incremental: string | undefined;
  readonly server: BackupServer | undefined;
  readonly disks: readonly RunningBackupDisk[];
  /** Disks that are not backed up. */
  readonly left: readonly string[];
}): string {
  return [
    `<domainbackup mode='${mode}'>`,
    ...(incremental === undefined ? [] : [`  <incremental>${escapeXml(incremental)}</incremental>`]),
    ...(server === undefined ? [] : [`  <server${serverAttributes(server)}/>`]),
    '  <disks>',
    ...disks.flatMap((disk) => diskLines(disk, mode)),
    ...left.map((name) => `    <disk name='${escapeXml(name)}' backup='no'/>`),
    '  </disks>',
    '</domainbackup>',
    '',
  ].join('\n');
}

const attribute = (name: string, value: string | undefined): string =>
  value === undefined ? '' : ` ${name}='${escapeXml(value)}'`;

const serverAttributes = (server: BackupServer): string =>
  server.transport === 'tcp'
    ? ` transport='tcp'${attribute('name', server.name)}${attribute('port', server.port)}`
    : ` transport='unix'${attribute('socket', server.socket)}`;

function diskLines(disk: RunningBackupDisk, mode: 'push' | 'pull'): string[] {
  const { name, type, mode: backupMode, incremental, exportName, exportBitmap, file, format } = disk;
  const attributes = [
    attribute('name', name),
    " backup='yes'",
    attribute('type', type),
    attribute('backupmode', backupMode),
    attribute('incremental', incremental),
    attribute('exportname', exportName),
    attribute('exportbitmap', exportBitmap),
  ];
  return [
    `    <disk${attributes.join('')}>`,
    `      <driver${attribute('type', format)}/>`,
    `      <${mode === 'push' ? 'target' : 'scratch'}${attribute(type === 'file' ? 'file' : 'dev', file)}/>`,
    '    </disk>',
  ];
}
