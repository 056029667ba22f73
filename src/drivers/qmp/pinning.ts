import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { promisify } from 'node:util';
import { refusal } from '../../block/refusals.js';
import { VIR_ERR_SYSTEM_ERROR, VIR_FROM_QEMU } from '../../hypervisor/constants.js';
import type { DomainResources } from '../../hypervisor/domain-resources.js';
import { HypervisorError } from '../../hypervisor/errors.js';
import type { Guest, QemuProcess } from '../../snapshot/guest.js';
import type { BareDomain } from './bare-domain.js';
import { mostCpus, refuseConfig } from './cpus.js';
import { inModel } from './errors.js';
import { hostCpuMap, threadAffinity } from './host-cpus.js';
import { numberedIoThreads } from './io-threads.js';

type Pinning = Pick<
  DomainResources,
  'getVcpuPinInfo' | 'getEmulatorPinInfo' | 'pinVcpu' | 'pinVcpuFlags' | 'pinEmulator' | 'pinIOThread'
>;

/** How long taskset is given: it makes one system call. */
const TASKSET_MS = 10_000;

/**
 * Which of the host's CPUs the threads of a bare QEMU may run on. QEMU has no part in it; libvirt makes the same system
 * call (sched_setaffinity), and the kernel keeps what was set.
 */
export function pinning(domain: BareDomain): Pinning {
  const pinVcpu: DomainResources['pinVcpuFlags'] = (vcpu, cpumap, flags = 0) =>
    inModel(async () => {
      refuseConfig(flags);
      const guest = await domain.guest();
      const count = await mostCpus(guest);
      if (vcpu >= count) throw refusal('invalid', `vcpu ${vcpu} is out of range of live cpu count ${count}`);
      const thread = (await vcpuThreads(guest)).get(vcpu);
      // libvirt would remember it for later; nobody does here.
      if (thread === undefined)
        throw refusal('now', `vcpu ${vcpu} is not plugged in, and has no thread that could be pinned`);
      await pin(processOf(guest), [thread], cpumap);
    });
  return {
    pinVcpuFlags: pinVcpu,
    pinVcpu: (vcpu, cpumap) => pinVcpu(vcpu, cpumap),
    getVcpuPinInfo: (ncpumaps, maplen, flags = 0) =>
      inModel(async () => {
        refuseConfig(flags);
        const guest = await domain.guest();
        const threads = await vcpuThreads(guest);
        const { map } = await hostCpuMap();
        const count = Math.min(ncpumaps, await mostCpus(guest));
        return Promise.all(
          Array.from({ length: count }, async (_, vcpu) => {
            const thread = threads.get(vcpu);
            // Those that are not plugged in may run anywhere.
            return thread === undefined
              ? map.slice(0, maplen)
              : threadAffinity(processOf(guest).pid, thread, maplen);
          }),
        );
      }),
    getEmulatorPinInfo: (maplen, flags = 0) =>
      inModel(async () => {
        refuseConfig(flags);
        const { pid } = processOf(await domain.guest());
        // The first thread of a process has its number.
        return threadAffinity(pid, pid, maplen);
      }),
    pinEmulator: (cpumap, flags = 0) =>
      inModel(async () => {
        refuseConfig(flags);
        const guest = await domain.guest();
        const process = processOf(guest);
        const others = new Set([
          ...(await vcpuThreads(guest)).values(),
          ...(await guest.qmp.execute('query-iothreads')).map((thread) => thread['thread-id']),
        ]);
        const all = (await readdir(`/proc/${process.pid}/task`)).map(Number);
        await pin(
          process,
          all.filter((thread) => !others.has(thread)),
          cpumap,
        );
      }),
    pinIOThread: (id, cpumap, flags = 0) =>
      inModel(async () => {
        refuseConfig(flags);
        const guest = await domain.guest();
        const thread = (await numberedIoThreads(guest.qmp)).get(id);
        if (!thread) throw refusal('invalid', `iothread ${id} not found`);
        await pin(processOf(guest), [thread['thread-id']], cpumap);
      }),
  };
}

function processOf({ process }: Guest): QemuProcess {
  if (process) return process;
  throw refusal('unsupported', 'the process of this QEMU cannot be found');
}

const vcpuThreads = async ({ qmp }: Guest): Promise<ReadonlyMap<number, number>> =>
  new Map((await qmp.execute('query-cpus-fast')).map((cpu) => [cpu['cpu-index'], cpu['thread-id']]));

/** @throws HypervisorError in libvirt's words: there is no such CPU, or it is not allowed. */
async function pin({ pid }: QemuProcess, threads: readonly number[], cpumap: Uint8Array): Promise<void> {
  const cpus = [...cpumap].flatMap((byte, index) =>
    Array.from({ length: 8 }, (_, bit) => (byte & (1 << bit) ? [index * 8 + bit] : [])).flat(),
  );
  if (cpus.length === 0) throw refusal('invalid', 'Empty cpu list for pinning');
  // QEMU tells threads by their numbers in its own namespace.
  const known = new Set((await readdir(`/proc/${pid}/task`)).map(Number));
  const foreign = threads.find((thread) => !known.has(thread));
  if (foreign !== undefined) throw refusal('unsupported', `thread ${foreign} of this QEMU cannot be found`);
  for (const thread of threads) {
    try {
      await promisify(execFile)('taskset', ['-p', '-c', cpus.join(','), String(thread)], {
        timeout: TASKSET_MS,
        env: { ...process.env, LC_ALL: 'C' },
      });
    } catch (error) {
      // A worker of QEMU's may end at any time.
      if (threads.length > 1 && !(await readdir(`/proc/${pid}/task`)).includes(String(thread))) continue;
      throw notPinned(thread, error);
    }
  }
}

function notPinned(thread: number, error: unknown): HypervisorError {
  const { stderr = '', message } = error as Error & { stderr?: string };
  const reason = /: ([^:\n]+)\n?$/.exec(stderr)?.[1] ?? message;
  return new HypervisorError(`cannot set CPU affinity on process ${thread}: ${reason}`, {
    code: VIR_ERR_SYSTEM_ERROR,
    domain: VIR_FROM_QEMU,
    cause: error,
  });
}
