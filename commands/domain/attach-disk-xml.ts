import { stat } from 'node:fs/promises';
import { type Arguments, CommandError } from '../../src/shell/index.js';
import { diskAddress } from './disk-address.js';

/** What is looked at: the options of attach-disk. */
type Options = Pick<Arguments, 'has' | 'optional' | 'text'>;

/** The <disk> that the options of attach-disk describe. @throws CommandError in virsh's words. */
export async function diskXml(options: Options): Promise<string> {
  const option = (name: string): string | undefined => options.optional(name as never);
  const has = (name: string): boolean => options.has(name as never);
  const source = options.text('source' as never);
  const target = options.text('target' as never);
  const attributes = (...pairs: readonly [string, string | undefined][]): string =>
    pairs.map(([name, value]) => (value === undefined ? '' : ` ${name}='${value}'`)).join('');

  const driver = attributes(
    ['name', option('driver')],
    ['type', option('subdriver')],
    ['iothread', option('iothread')],
    ['cache', option('cache')],
    ['io', option('io')],
  );
  const device = option('type');
  const mode = option('mode');
  const serial = option('serial');
  const alias = option('alias');
  const wwn = option('wwn');
  const address = option('address');
  const bus = option('targetbus');
  const protocol = option('source-protocol');
  const asked = option('sourcetype') ?? (protocol === undefined ? undefined : 'network');
  const type = await sourceType(asked, source);
  if (protocol !== undefined && type !== 'network') {
    throw new CommandError('--source-protocol option requires --sourcetype network');
  }
  if (mode !== undefined && mode !== 'readonly' && mode !== 'shareable') {
    throw new CommandError(`No support for ${mode} in command 'attach-disk'`);
  }
  if (wwn !== undefined) checkWwn(wwn);

  const lines = [
    `<disk${attributes(['type', type], ['device', device])}${has('rawio') ? " rawio='yes'" : ''}>`,
  ];
  if (driver !== '') lines.push(`  <driver${driver}/>`);
  lines.push(...sourceLines(type, source, { protocol, option, attributes }));
  lines.push(`  <target${attributes(['dev', target], ['bus', bus])}/>`);
  if (mode !== undefined) lines.push(`  <${mode}/>`);
  if (serial !== undefined) lines.push(`  <serial>${serial}</serial>`);
  if (alias !== undefined) lines.push(`  <alias name='${alias}'/>`);
  if (wwn !== undefined) lines.push(`  <wwn>${wwn}</wwn>`);
  const addressXml = address === undefined ? undefined : diskAddress(address, target, has('multifunction'));
  if (addressXml !== undefined) lines.push(`  ${addressXml}`);
  return [...lines, '</disk>', ''].join('\n');
}

/** What a source is: as said, or a block device if it is one here. @throws CommandError there is no such type. */
async function sourceType(asked: string | undefined, source: string): Promise<'file' | 'block' | 'network'> {
  if (asked === 'file' || asked === 'block' || asked === 'network') return asked;
  if (asked !== undefined) throw new CommandError(`Unknown source type: '${asked}'`);
  const found = await stat(source).catch(() => undefined);
  return found?.isBlockDevice() ? 'block' : 'file';
}

interface SourceParts {
  readonly protocol: string | undefined;
  readonly option: (name: string) => string | undefined;
  readonly attributes: (...pairs: readonly [string, string | undefined][]) => string;
}

function sourceLines(
  type: 'file' | 'block' | 'network',
  source: string,
  { protocol, option, attributes }: SourceParts,
): string[] {
  if (type !== 'network') {
    return [`  <source${attributes([type === 'file' ? 'file' : 'dev', source])}/>`];
  }
  const transport = option('source-host-transport');
  const socket = option('source-host-socket');
  const [, name, port] = /^(.*?)(?::([^:]*))?$/s.exec(option('source-host-name') ?? '') ?? [];
  const host = attributes(
    ['transport', transport],
    ['socket', socket],
    ['name', name || undefined],
    ['port', port],
  );
  const head = `  <source${attributes(['protocol', protocol], ['name', source || undefined])}`;
  return host === '' ? [`${head}/>`] : [`${head}>`, `    <host${host}/>`, '  </source>'];
}

/** @throws CommandError in libvirt's words. */
function checkWwn(wwn: string): void {
  if (!/^(0x)?[\da-f]{16}$/i.test(wwn)) throw new CommandError(`internal error: Malformed wwn: ${wwn}`);
}
