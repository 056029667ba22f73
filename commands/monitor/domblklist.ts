import type { Element } from '@xmldom/xmldom';
import { VIR_DOMAIN_XML_INACTIVE } from '../../src/hypervisor/constants.js';
import {
  attributeAt,
  CommandError,
  defineCommand,
  domainDocument,
  domainOf,
  domainOption,
  elementsAt,
  exclusive,
  formatTable,
  SilentFailure,
} from '../../src/shell/index.js';
import { chainEntries, chainShape, chainTable } from './chain-table.js';

export default defineCommand({
  name: 'domblklist',
  group: 'monitor',
  summary: 'list all domain blocks',
  description: 'Get the summary of block devices for a domain.',
  manual: [
    'The target is the name by which other commands know the disk; the source is the file, device, volume or ' +
      'network name behind it. After a disk snapshot the source of a running guest is the new overlay.',
    'With --chain every image of each disk is listed, the one that the guest writes to first and below it what it lies on: its format, how many bytes the guest sees and how many are taken on the host, the snapshots whose state of the disk is in it, and the snapshot that made it.',
  ],
  options: [
    domainOption(),
    {
      name: 'inactive',
      type: 'flag',
      bit: VIR_DOMAIN_XML_INACTIVE,
      help: 'get inactive rather than running configuration',
    },
    { name: 'details', type: 'flag', help: 'additionally display the type and device value' },
    {
      name: 'chain',
      type: 'flag',
      extra: true,
      help: 'list every image that a disk consists of, and which snapshots it belongs to',
    },
  ],
  rules: [exclusive('chain', 'details')],
  json: {
    oneOf: [
      {
        list: {
          object: {
            type: 'string',
            device: 'string',
            target: 'string',
            source: { oneOf: ['string', 'null'] },
          },
        },
      },
      { list: chainShape },
    ],
  },
  async run(context, args) {
    const { output } = context;
    if (args.flag('chain')) {
      const { examineDomain } = await import('../../src/care/examine-domain.js');
      const { filesAreHere } = await import('../../src/care/files-here.js');
      const domain = await domainOf(context, args);
      const remote = !(await filesAreHere(context.connection));
      const entries = chainEntries(await examineDomain(domain, { inactive: args.flag('inactive'), remote }));
      context.emit(entries);
      output.print(await chainTable(entries, output.quiet));
      return;
    }
    const flags = args.bits();
    const details = args.flag('details');
    const root = await domainDocument(await domainOf(context, args), flags);
    const disks = [];
    for (const disk of elementsAt(root, 'devices', 'disk')) {
      const type = attributeAt(disk, [], 'type');
      const device = attributeAt(disk, [], 'device');
      if (details && (type === undefined || device === undefined)) {
        output.print('unable to query block list details');
        throw new SilentFailure();
      }
      const target = attributeAt(disk, ['target'], 'dev');
      if (target === undefined) throw new CommandError('unable to query block list');
      disks.push({ type: type ?? 'file', device: device ?? 'disk', target, source: sourceOf(disk, type) });
    }
    context.emit(disks);
    const columns = details ? ['Type', 'Device', 'Target', 'Source'] : ['Target', 'Source'];
    const rows = disks.map(({ type, device, target, source }) =>
      details ? [type, device, target, source ?? '-'] : [target, source ?? '-'],
    );
    output.print(await formatTable(output.quiet ? null : columns, rows));
  },
});

function sourceOf(disk: Element, type: string | undefined): string | null {
  if (type === 'nvme') return nvmeSource(disk);
  return attributeAt(disk, ['source'], 'file', 'dev', 'dir', 'name', 'volume', 'path') ?? null;
}

/** The PCI address of an NVMe controller, and the namespace on it. */
function nvmeSource(disk: Element): string {
  const namespace = attributeAt(disk, ['source'], 'namespace');
  const [domain, bus, slot, pciFunction] = ['domain', 'bus', 'slot', 'function'].map((name) =>
    Number(attributeAt(disk, ['source', 'address'], name) ?? Number.NaN),
  );
  if (
    namespace === undefined ||
    !Number.isInteger(domain) ||
    !Number.isInteger(bus) ||
    !Number.isInteger(slot) ||
    !Number.isInteger(pciFunction)
  ) {
    throw new CommandError('Unable to query NVMe disk address');
  }
  const hex = (value: number | undefined, width: number): string =>
    (value ?? 0).toString(16).padStart(width, '0');
  return `nvme://${hex(domain, 4)}:${hex(bus, 2)}:${hex(slot, 2)}.${pciFunction}/${namespace}`;
}
