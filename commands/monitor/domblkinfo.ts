import { VIR_ERR_INTERNAL_ERROR, VIR_FROM_STORAGE } from '../../src/hypervisor/constants.js';
import { type BlockInfo, type Domain, HypervisorError } from '../../src/hypervisor/index.js';
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
  prettyCapacity,
} from '../../src/shell/index.js';

export default defineCommand({
  name: 'domblkinfo',
  group: 'monitor',
  summary: 'domain block device size information',
  description: 'Get block device size info for a domain.',
  manual: [
    'Capacity is the size that the guest sees. Allocation is how much of it is written in the host file, and ' +
      'physical is how long that file or device is. All are in bytes unless --human is given.',
    'With --all, a dash stands for a drive without a medium, and for network storage of a guest that is not ' +
      'running, which cannot be measured then.',
  ],
  options: [
    domainOption(),
    { name: 'device', type: 'string', completer: 'disk-target', help: 'block device' },
    { name: 'human', type: 'flag', help: 'Human readable output' },
    { name: 'all', type: 'flag', help: 'display all block devices info' },
  ],
  rules: [exclusive('all', 'device')],
  json: {
    list: { object: { target: 'string', capacity: 'integer', allocation: 'integer', physical: 'integer' } },
  },
  async run(context, args) {
    const domain = await domainOf(context, args);
    const human = args.flag('human');
    if (args.flag('all')) {
      const disks = await allDisks(domain);
      context.emit(disks);
      const rows = disks.map((disk) => [disk.target, ...sizes(disk, human)]);
      const header = context.output.quiet ? null : ['Target', 'Capacity', 'Allocation', 'Physical'];
      context.output.print(await formatTable(header, rows));
      return;
    }
    const device = args.raw('device');
    if (!device) throw new CommandError("command 'domblkinfo' requires <device> option");
    const info = await domain.getBlockInfo(device);
    context.emit([{ target: device, ...info }]);
    const [capacity, allocation, physical] = sizes(info, human);
    context.output.print(`Capacity:       ${capacity}\n`);
    context.output.print(`Allocation:     ${allocation}\n`);
    context.output.print(`Physical:       ${physical}\n`);
  },
});

const unknown: BlockInfo = { capacity: 0n, allocation: 0n, physical: 0n };

async function allDisks(domain: Domain): Promise<({ target: string } & BlockInfo)[]> {
  const active = await domain.isActive().catch(() => false);
  const disks: ({ target: string } & BlockInfo)[] = [];
  for (const disk of elementsAt(await domainDocument(domain), 'devices', 'disk')) {
    const target = attributeAt(disk, ['target'], 'dev') ?? '';
    let info = unknown;
    if (elementsAt(disk, 'source').length > 0) {
      try {
        info = await domain.getBlockInfo(target);
      } catch (error) {
        // Network storage can't be measured without the guest that has it open.
        const isRemote = attributeAt(disk, ['source'], 'protocol') !== undefined;
        if (!isRemote || active || !isStorageFailure(error)) throw error;
      }
    }
    disks.push({ target, ...info });
  }
  return disks;
}

const isStorageFailure = (error: unknown): boolean =>
  error instanceof HypervisorError &&
  error.code === VIR_ERR_INTERNAL_ERROR &&
  error.domain === VIR_FROM_STORAGE;

function sizes({ capacity, allocation, physical }: BlockInfo, human: boolean): string[] {
  const all = [capacity, allocation, physical];
  if (all.every((size) => size === 0n)) return ['-', '-', '-'];
  return all.map((size) => {
    if (!human) return size.toString();
    const { value, unit } = prettyCapacity(size);
    return `${value} ${unit}`;
  });
}
