import { splitCommaList } from '../../src/grammar/index.js';
import { CommandError, defineCommand, domainOf, domainOption } from '../../src/shell/index.js';
import {
  type DiskSpec,
  type MemorySpec,
  parseDiskSpec,
  parseMemorySpec,
} from '../../src/snapshot/snapshot-spec.js';
import { buildSnapshotXml } from '../../src/snapshot/snapshot-xml.js';
import { createdShape, createFlags, createManual, engineOptions } from './create-options.js';
import { createSnapshot } from './create-snapshot.js';
import { engineWishes } from './create-with-engine.js';

export default defineCommand({
  name: 'snapshot-create-as',
  group: 'snapshot',
  summary: 'Create a snapshot from a set of args',
  description: 'Create a snapshot (disk and RAM) from arguments',
  manual: [
    'Makes a snapshot with the given name and description; without a name, one made of the time is used.',
    ...createManual,
    '--memspec says where memory goes: `file=/path/name,snapshot=external`, where `file=` may be left out before an absolute path, or `snapshot=internal`. --diskspec, once for each disk, says what becomes of it: `vda,snapshot=external,file=/path/new.qcow2`, `vdb,snapshot=no`. `driver=` is the format of the new image, `stype=block` makes `file=` a block device. A comma inside a name is written `,,`. Disks that are not named are treated like the rest of the snapshot; a new image without a name gets that of the old one with the name of the snapshot as its ending.',
    '--print-xml prints the XML that would be used, and does nothing else.',
  ],
  options: [
    domainOption(),
    { name: 'name', type: 'string', help: 'name of snapshot' },
    { name: 'description', type: 'string', help: 'description of snapshot' },
    { name: 'print-xml', type: 'flag', help: 'print XML document rather than create' },
    ...createFlags,
    ...engineOptions,
    {
      name: 'memspec',
      type: 'string',
      positional: false,
      completer: 'memspec',
      help: 'memory attributes: [file=]name[,snapshot=type]',
    },
    {
      name: 'diskspec',
      type: 'argv',
      completer: 'diskspec',
      help: 'disk attributes: disk[,snapshot=type][,driver=type][,stype=type][,file=name]',
    },
  ],
  long: true,
  json: { oneOf: [createdShape, { object: { xml: 'string' } }] },
  async run(context, args) {
    const domain = await domainOf(context, args);
    const name = args.optional('name');
    const description = args.optional('description');
    const memspec = args.optional('memspec');
    const memory = memspec === undefined ? undefined : readMemorySpec(memspec);
    const disks = args.has('diskspec') ? args.list('diskspec').map(readDiskSpec) : undefined;
    const xml = buildSnapshotXml({ name, description, memory, disks });
    if (args.flag('print-xml')) {
      context.emit({ xml });
      context.output.print(`${xml}\n`);
      return;
    }
    await createSnapshot(context, domain, xml, args.bits(), engineWishes(args));
  },
});

function readMemorySpec(value: string): MemorySpec {
  const spec = parseMemorySpec(splitCommaList(value));
  if (!spec) throw new CommandError(`unable to parse memspec: ${value}`);
  return spec;
}

function readDiskSpec(value: string): DiskSpec {
  const complaint = new CommandError(`unable to parse diskspec: ${value}`);
  let spec: DiskSpec | undefined;
  try {
    spec = parseDiskSpec(splitCommaList(value));
  } catch (error) {
    throw new CommandError((error as Error).message, complaint);
  }
  if (!spec) throw complaint;
  return spec;
}
