import type { Connection } from '../../src/hypervisor/index.js';
import { attributeAt, defineCommand, orFail, parseXml } from '../../src/shell/index.js';
import { VIRTUALIZATION_TYPES } from './virtualization-types.js';

export default defineCommand({
  name: 'maxvcpus',
  group: 'host',
  summary: 'connection vcpu maximum',
  description: 'Show maximum number of virtual CPUs for guests on this connection.',
  manual: ['The type is a kind of guest that the hypervisor runs, for example kvm or qemu.'],
  options: [{ name: 'type', type: 'string', values: VIRTUALIZATION_TYPES, help: 'domain type' }],
  json: { object: { maxVcpus: 'integer' } },
  async run(context, args) {
    const { connection } = context;
    const type = args.optional('type') ?? null;
    const maxVcpus = (await fromDomainCapabilities(connection, type)) ?? (await connection.getMaxVcpus(type));
    context.emit({ maxVcpus });
    context.output.print(`${maxVcpus}\n`);
  },
});

/** What domain capabilities say, which is about the emulator as well as the host; undefined if they don't. */
async function fromDomainCapabilities(
  connection: Connection,
  type: string | null,
): Promise<number | undefined> {
  let xml: string;
  try {
    xml = await connection.getDomainCapabilities(null, null, null, type);
  } catch {
    return undefined;
  }
  const root = await orFail("failed to parse xml document '(domainCapabilities)'", parseXml(xml));
  const max = attributeAt(root, ['vcpu'], 'max');
  return max !== undefined && /^\d+$/.test(max) ? Number(max) : undefined;
}
