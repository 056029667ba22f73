import { splitCommaList } from '../../src/grammar/index.js';
import { VIR_DOMAIN_CHECKPOINT_CREATE_QUIESCE } from '../../src/hypervisor/constants.js';
import { CommandError, defineCommand, domainOf, domainOption } from '../../src/shell/index.js';
import { escapeXml } from '../../src/snapshot/snapshot-xml.js';
import { createCheckpoint } from './create-checkpoint.js';

export default defineCommand({
  name: 'checkpoint-create-as',
  group: 'checkpoint',
  summary: 'Create a checkpoint from a set of args',
  description: 'Create a checkpoint from arguments for use in future incremental backups',
  manual: [
    'As `checkpoint-create`, with the XML made of arguments; --print-xml shows it. Each diskspec names a disk by its target, `checkpoint=no` or `checkpoint=bitmap`, and how the bitmap is to be called: `vda,checkpoint=bitmap,bitmap=monday`. A comma in a value is written twice.',
  ],
  options: [
    domainOption('domain-active'),
    { name: 'name', type: 'string', help: 'name of checkpoint' },
    { name: 'description', type: 'string', help: 'description of checkpoint' },
    { name: 'print-xml', type: 'flag', help: 'print XML document rather than create' },
    {
      name: 'quiesce',
      type: 'flag',
      bit: VIR_DOMAIN_CHECKPOINT_CREATE_QUIESCE,
      help: "quiesce guest's file systems",
    },
    {
      name: 'diskspec',
      type: 'argv',
      completer: 'disk-target',
      emptyOk: true,
      help: 'disk attributes: disk[,checkpoint=type][,bitmap=name]',
    },
  ],
  json: { oneOf: [{ object: { name: 'string', domain: 'string' } }, { object: { xml: 'string' } }] },
  async run(context, args) {
    const domain = await domainOf(context, args);
    const name = args.optional('name');
    const description = args.optional('description');
    let xml = '<domaincheckpoint>\n';
    if (name !== undefined) xml += `  <name>${escapeXml(name)}</name>\n`;
    if (description !== undefined) xml += `  <description>${escapeXml(description)}</description>\n`;
    if (args.has('diskspec')) {
      const disks = args.list('diskspec').map((spec) => `    ${diskElement(spec)}\n`);
      xml += `  <disks>\n${disks.join('')}  </disks>\n`;
    }
    xml += '</domaincheckpoint>\n';
    if (args.flag('print-xml')) {
      context.emit({ xml });
      context.output.print(`${xml}\n`);
      return;
    }
    await createCheckpoint(context, domain, xml, args.bits());
  },
});

/** @throws CommandError in virsh's words. */
function diskElement(spec: string): string {
  const [disk = '', ...settings] = splitCommaList(spec);
  const values = new Map<string, string>();
  for (const setting of settings) {
    const match = /^(checkpoint|bitmap)=(.*)$/s.exec(setting);
    if (!match?.[1] || values.has(match[1])) throw new CommandError(`unable to parse diskspec: ${spec}`);
    values.set(match[1], match[2] ?? '');
  }
  const checkpoint = values.get('checkpoint');
  const bitmap = values.get('bitmap');
  let element = `<disk name='${escapeXml(disk)}'`;
  if (checkpoint !== undefined) element += ` checkpoint='${checkpoint}'`;
  if (bitmap !== undefined) element += ` bitmap='${bitmap}'`;
  return `${element}/>`;
}
