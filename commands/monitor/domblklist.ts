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
  formatTable,
  SilentFailure,
} from '../../src/shell/index.js';

export default defineCommand({
  name: 'domblklist',
  group: 'monitor',
  summary: 'list all domain blocks',
  description: 'Get the summary of block devices for a domain.',
  manual: [
    'The target is the name by which other commands know the disk; the source is the file, device, volume or ' +
      'network name behind it. After a disk snapshot the source of a running guest is the new overlay.',
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
  ],
  json: {
    list: {
      object: {
        type: 'string',
        device: 'string',
        target: 'string',
        source: { oneOf: ['string', 'null'] },
      },
    },
  },
  async run(context, args) {
    const { output } = context;
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
