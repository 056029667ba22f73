import { refusal } from '../../block/refusals.js';
import {
  VIR_DOMAIN_AFFECT_CONFIG,
  VIR_DOMAIN_VCPU_GUEST,
  VIR_DOMAIN_VCPU_MAXIMUM,
  VIR_ERR_OPERATION_INVALID,
  VIR_ERR_OPERATION_UNSUPPORTED,
  VIR_FROM_QEMU,
  VIR_VCPU_RUNNING,
} from '../../hypervisor/constants.js';
import type { DomainResources, VcpuInfo } from '../../hypervisor/domain-resources.js';
import { HypervisorError } from '../../hypervisor/errors.js';
import { cpuSlots, setCpuCount, setCpus } from '../../plug/cpus.js';
import type { Guest } from '../../snapshot/guest.js';
import { guestSize } from '../../snapshot/guest-size.js';
import { cpuUse } from '../../snapshot/qemu-process.js';
import type { BareDomain } from './bare-domain.js';
import { inModel } from './errors.js';
import { guestCpus, setCpusOnline } from './guest-cpus.js';
import { numbersIn, threadAffinity } from './host-cpus.js';

type Cpus = Pick<
  DomainResources,
  'getMaxVcpus' | 'getVcpusFlags' | 'setVcpus' | 'setVcpusFlags' | 'setVcpu' | 'getVcpus'
>;

/** The virtual CPUs of a bare QEMU: how many, and the threads that they are. */
export function cpus(domain: BareDomain): Cpus {
  // While an operation of ours has the monitor, its journal tells.
  const present = async (): Promise<number> =>
    inModel(async () => ((await domain.held())?.size ?? (await guestSize((await domain.guest()).qmp))).cpus);
  const maximum = async (): Promise<number> =>
    (await domain.held()) ? present() : inModel(async () => mostCpus(await domain.guest()));
  return {
    getMaxVcpus: maximum,
    async getVcpusFlags(flags = 0) {
      refuseConfig(flags);
      if ((flags & VIR_DOMAIN_VCPU_GUEST) !== 0) {
        return (await guestCpus(domain)).filter(({ online }) => online).length;
      }
      return (flags & VIR_DOMAIN_VCPU_MAXIMUM) === 0 ? present() : maximum();
    },
    setVcpus: (count) => inModel(async () => setCpuCount(await domain.guest(), count)),
    setVcpusFlags: (count, flags = 0) =>
      inModel(async () => {
        refuseConfig(flags);
        if ((flags & VIR_DOMAIN_VCPU_GUEST) !== 0) await setCpusOnline(domain, count);
        else await setCpuCount(await domain.guest(), count);
      }),
    setVcpu: (vcpumap, state, flags = 0) =>
      inModel(async () => {
        refuseConfig(flags);
        const list = vcpumap.replace(/\s/g, '');
        if (!/^\d+(-\d+)?(,\d+(-\d+)?)*$/.test(list))
          throw refusal('invalid', `Failed to parse bitmap '${vcpumap}'`);
        await setCpus(await domain.guest(), numbersIn(list), state === 1);
      }),
    getVcpus: (maxinfo, maplen) =>
      inModel(async () => {
        const { qmp, process } = await domain.guest();
        if (!process) {
          throw new HypervisorError('Operation not supported: the process of this QEMU cannot be found', {
            code: VIR_ERR_OPERATION_UNSUPPORTED,
            domain: VIR_FROM_QEMU,
          });
        }
        const found = (await qmp.execute('query-cpus-fast')).slice(0, maxinfo);
        const vcpus = await Promise.all(
          found.map((cpu) => vcpuInfo(cpu['cpu-index'], process.pid, cpu['thread-id'])),
        );
        const cpumaps =
          maplen === 0
            ? []
            : await Promise.all(found.map((cpu) => threadAffinity(process.pid, cpu['thread-id'], maplen)));
        return { vcpus, cpumaps };
      }),
  };
}

/** How many there can be, those included that are not plugged in. */
export async function mostCpus({ qmp }: Guest): Promise<number> {
  const slots = await cpuSlots(qmp);
  if (!slots) return (await guestSize(qmp)).cpus;
  return slots.reduce((sum, { place }) => sum + place['vcpus-count'], 0);
}

async function vcpuInfo(number: number, pid: number, thread: number): Promise<VcpuInfo> {
  const { user, system, cpu } = await cpuUse(pid, thread);
  return { number, state: VIR_VCPU_RUNNING, cpuTime: user + system, cpu };
}

/** @throws HypervisorError nobody keeps the configuration of a bare QEMU. */
export function refuseConfig(flags: number): void {
  if ((flags & VIR_DOMAIN_AFFECT_CONFIG) === 0) return;
  throw new HypervisorError(
    'Requested operation is not valid: transient domains do not have any persistent config',
    { code: VIR_ERR_OPERATION_INVALID, domain: VIR_FROM_QEMU },
  );
}
