import { type Arguments, CommandError } from '../../src/shell/index.js';
import { type BandwidthRate, parseRate } from './bandwidth-rate.js';
import { hex, parsePciAddress } from './pci-address.js';

type Options = Pick<Arguments, 'has' | 'optional' | 'text'>;

/** Types that attach-interface knows how to write. */
export const interfaceTypes: readonly string[] = ['network', 'bridge', 'direct', 'hostdev', 'vhostuser'];
/** libvirt's others. */
const otherTypes: readonly string[] = [
  ...['user', 'ethernet', 'server', 'client', 'mcast', 'internal', 'udp', 'vdpa', 'null', 'vds'],
];

/** The <interface> that the options of attach-interface describe. @throws CommandError in virsh's words. */
export function interfaceXml(options: Options): string {
  const option = (name: string): string | undefined => options.optional(name as never);
  const type = options.text('type' as never);
  const source = options.text('source' as never);
  const target = option('target');
  const mac = option('mac');
  const script = option('script');
  const model = option('model');
  const alias = option('alias');
  const inboundText = option('inbound');
  const outboundText = option('outbound');
  const sourceMode = option('source-mode');
  const unsupported = new CommandError(`No support for ${type} in command 'attach-interface'`);
  if (![...interfaceTypes, ...otherTypes].includes(type)) throw unsupported;
  if (sourceMode !== undefined && sourceMode !== 'server' && sourceMode !== 'client') {
    throw new CommandError(`Invalid source mode: ${sourceMode}`);
  }
  const inbound = inboundText === undefined ? undefined : parseRate(inboundText);
  if (inbound && inbound.average === 0n && inbound.floor === 0n) {
    throw new CommandError('either inbound average or floor is mandatory');
  }
  const outbound = outboundText === undefined ? undefined : parseRate(outboundText);
  if (outbound?.average === 0n) throw new CommandError('outbound average is mandatory');
  if (outbound && outbound.floor !== 0n) throw new CommandError('outbound floor is unsupported yet');
  if (!interfaceTypes.includes(type)) throw unsupported;

  const managed = options.has('managed' as never) ? " managed='yes'" : '';
  const lines = [`<interface type='${type}'${managed}>`, ...sourceLines(type, source, sourceMode)];
  if (target !== undefined) lines.push(`  <target dev='${target}'/>`);
  if (mac !== undefined) lines.push(`  <mac address='${mac}'/>`);
  if (script !== undefined) lines.push(`  <script path='${script}'/>`);
  if (model !== undefined) lines.push(`  <model type='${model}'/>`);
  if (alias !== undefined) lines.push(`  <alias name='${alias}'/>`);
  if (inbound || outbound) {
    lines.push('  <bandwidth>');
    if (inbound) lines.push(`    <inbound${rateAttributes(inbound)}/>`);
    if (outbound) lines.push(`    <outbound${rateAttributes(outbound)}/>`);
    lines.push('  </bandwidth>');
  }
  return [...lines, '</interface>', ''].join('\n');
}

const rateAttributes = (rate: BandwidthRate): string =>
  (['average', 'peak', 'burst', 'floor'] as const)
    .map((field) => (rate[field] === 0n ? '' : ` ${field}='${rate[field]}'`))
    .join('');

/** @throws CommandError in virsh's words. */
function sourceLines(type: string, source: string, mode: string | undefined): string[] {
  if (type === 'direct') return [`  <source dev='${source}'/>`];
  if (type === 'vhostuser') {
    if (mode === undefined) throw new CommandError('source-mode is mandatory');
    return [`  <source type='unix' path='${source}' mode='${mode}'/>`];
  }
  if (type !== 'hostdev') return [`  <source ${type}='${source}'/>`];
  const address = parsePciAddress(source.replace(/^pci:/, ''));
  if (!address) throw new CommandError(`cannot parse pci address '${source}' for network interface`);
  const { domain, bus, slot, function: fn } = address;
  return [
    '  <source>',
    `    <address type='pci' domain='0x${hex(domain, 4)}' bus='0x${hex(bus, 2)}' slot='0x${hex(slot, 2)}' function='0x${hex(fn, 1)}'/>`,
    '  </source>',
  ];
}
