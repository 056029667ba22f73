import {
  VIR_DOMAIN_AFFECT_CONFIG,
  VIR_DOMAIN_SHUTOFF,
  VIR_DOMAIN_XML_INACTIVE,
} from '../../src/hypervisor/constants.js';
import type { Domain } from '../../src/hypervisor/index.js';
import {
  attributeAt,
  CommandError,
  cpuInMap,
  cpuRanges,
  cpusOfMap,
  defineCommand,
  domainDocument,
  domainOf,
  domainOption,
  elementsAt,
  fixedDecimals,
  textAt,
} from '../../src/shell/index.js';
import { countHostCpus } from './cpu-list.js';

/** A virtual CPU; of a domain that is shut off only the host CPUs it may run on are known. */
interface VcpuRow {
  readonly vcpu: number;
  readonly running?: { readonly cpu: number; readonly state: string; readonly cpuTime: bigint };
  readonly affinity: Uint8Array;
}

const states = ['offline', 'running', 'blocked'];

export default defineCommand({
  name: 'vcpuinfo',
  group: 'domain',
  summary: 'detailed domain vcpu information',
  description: 'Returns basic information about the domain virtual CPUs.',
  manual: [
    'For each virtual CPU: the host CPU it ran on last, its state, the time it has used, and the host CPUs it may run on. With --pretty those are listed as ranges instead of one letter for each host CPU. Of a domain that is shut off only the last is known.',
  ],
  options: [domainOption(), { name: 'pretty', type: 'flag', help: 'return human readable output' }],
  json: {
    list: {
      object: {
        vcpu: 'integer',
        'cpu?': 'integer',
        'state?': 'string',
        'cpuTimeNs?': 'integer',
        affinity: { list: 'integer' },
      },
    },
  },
  async run(context, args) {
    const domain = await domainOf(context, args);
    const hostCpus = await countHostCpus(context.connection);
    const rows = await vcpuRows(domain, hostCpus);
    const format = args.flag('pretty')
      ? (map: Uint8Array) => `${cpuRanges(map)} (out of ${hostCpus})`
      : (map: Uint8Array) =>
          Array.from({ length: hostCpus }, (_, cpu) => (cpuInMap(map, cpu) ? 'y' : '-')).join('');
    context.output.print(rows.map((row) => rowText(row, format)).join('\n'));
    context.emit(
      rows.map(({ vcpu, running, affinity }) => ({
        vcpu,
        ...(running && { cpu: running.cpu, state: running.state, cpuTimeNs: running.cpuTime }),
        affinity: cpusOfMap(affinity),
      })),
    );
  },
});

async function vcpuRows(domain: Domain, hostCpus: number): Promise<VcpuRow[]> {
  const { state, nrVirtCpu } = await domain.getInfo();
  const mapLength = Math.ceil(hostCpus / 8);
  try {
    const { vcpus, cpumaps } = await domain.getVcpus(nrVirtCpu, mapLength);
    return vcpus.map((info, index) => ({
      vcpu: info.number,
      running: { cpu: info.cpu, state: states[info.state] ?? 'no state', cpuTime: info.cpuTime },
      affinity: cpumaps[index] ?? new Uint8Array(mapLength),
    }));
  } catch (error) {
    if (state !== VIR_DOMAIN_SHUTOFF) throw error;
  }
  const { maximum, enabled } = await definedVcpus(domain);
  const cpumaps = await domain.getVcpuPinInfo(maximum, mapLength, VIR_DOMAIN_AFFECT_CONFIG);
  return enabled.map((vcpu) => ({ vcpu, affinity: cpumaps[vcpu] ?? new Uint8Array(mapLength) }));
}

/** Which vCPUs a domain will start with, by its configuration. @throws CommandError it can't be told. */
async function definedVcpus(domain: Domain): Promise<{ maximum: number; enabled: number[] }> {
  const document = await domainDocument(domain, VIR_DOMAIN_XML_INACTIVE);
  const maximum = Number(textAt(document, 'vcpu') || Number.NaN);
  if (!Number.isInteger(maximum)) throw new CommandError('Failed to retrieve maximum vcpu count');
  const count = Number(attributeAt(document, ['vcpu'], 'current') ?? maximum);
  const listed = elementsAt(document, 'vcpus', 'vcpu');
  if (listed.length === 0) return { maximum, enabled: Array.from({ length: count }, (_, vcpu) => vcpu) };
  const enabled = listed
    .filter((element) => element.getAttribute('enabled') === 'yes')
    .map((element) => Number(element.getAttribute('id')))
    .sort((a, b) => a - b);
  if (enabled.length !== count) throw new CommandError('Failed to retrieve vcpu state bitmap');
  return { maximum, enabled };
}

function rowText({ vcpu, running, affinity }: VcpuRow, formatMap: (map: Uint8Array) => string): string {
  const line = (label: string, value: string | number): string => `${label.padEnd(15)} ${value}\n`;
  let text = line('VCPU:', vcpu);
  text += line('CPU:', running?.cpu ?? 'N/A');
  text += line('State:', running?.state ?? 'N/A');
  if (!running) text += line('CPU time', 'N/A');
  else if (running.cpuTime !== 0n) {
    text += line('CPU time:', `${fixedDecimals(Number(running.cpuTime) / 1e9, 1)}s`);
  }
  return text + line('CPU Affinity:', formatMap(affinity));
}
