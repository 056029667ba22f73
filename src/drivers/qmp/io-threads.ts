import {
  VIR_DOMAIN_IOTHREAD_POLL_GROW,
  VIR_DOMAIN_IOTHREAD_POLL_MAX_NS,
  VIR_DOMAIN_IOTHREAD_POLL_SHRINK,
  VIR_DOMAIN_IOTHREAD_THREAD_POOL_MAX,
  VIR_DOMAIN_IOTHREAD_THREAD_POOL_MIN,
  VIR_ERR_INVALID_ARG,
  VIR_FROM_QEMU,
} from '../../hypervisor/constants.js';
import type { DomainResources } from '../../hypervisor/domain-resources.js';
import { HypervisorError } from '../../hypervisor/errors.js';
import type { IoThread, QmpClient } from '../../qmp/index.js';
import type { BareDomain } from './bare-domain.js';
import { refuseConfig } from './cpus.js';
import { inModel } from './errors.js';
import { hostCpuMap, threadAffinity } from './host-cpus.js';

type IoThreads = Pick<
  DomainResources,
  'getIOThreadInfo' | 'addIOThread' | 'delIOThread' | 'setIOThreadParams'
>;

/** What libvirt calls an IOThread's object; one with another name has no number to be known by. */
const nameOf = (id: number): string => `iothread${id}`;

const properties: Readonly<Record<string, string>> = {
  [VIR_DOMAIN_IOTHREAD_POLL_MAX_NS]: 'poll-max-ns',
  [VIR_DOMAIN_IOTHREAD_POLL_GROW]: 'poll-grow',
  [VIR_DOMAIN_IOTHREAD_POLL_SHRINK]: 'poll-shrink',
  [VIR_DOMAIN_IOTHREAD_THREAD_POOL_MIN]: 'thread-pool-min',
  [VIR_DOMAIN_IOTHREAD_THREAD_POOL_MAX]: 'thread-pool-max',
};

/** The IOThreads of a bare QEMU: its objects `iothread1` and so on. */
export function ioThreads(domain: BareDomain): IoThreads {
  const all = async (): Promise<Map<number, IoThread>> => numberedIoThreads((await domain.guest()).qmp);
  const existing = async (id: number): Promise<void> => {
    if (!(await all()).has(id)) throw invalid(`cannot find IOThread '${id}' in iothreadids`);
  };
  return {
    getIOThreadInfo: (flags = 0) =>
      inModel(async () => {
        refuseConfig(flags);
        const { process } = await domain.guest();
        const length = Math.ceil((await hostCpuMap()).present / 8);
        return Promise.all(
          [...(await all())].map(async ([id, thread]) => ({
            id,
            cpumap: process
              ? await threadAffinity(process.pid, thread['thread-id'], length)
              : new Uint8Array(length),
          })),
        );
      }),
    addIOThread: (id, flags = 0) =>
      inModel(async () => {
        refuseConfig(flags);
        if (id === 0) throw invalid('invalid value of 0 for iothread_id');
        if ((await all()).has(id)) throw invalid(`an IOThread is already using iothread_id '${id}'`);
        const { qmp } = await domain.guest();
        await qmp.execute('object-add', { 'qom-type': 'iothread', id: nameOf(id) });
      }),
    delIOThread: (id, flags = 0) =>
      inModel(async () => {
        refuseConfig(flags);
        await existing(id);
        await (await domain.guest()).qmp.execute('object-del', { id: nameOf(id) });
      }),
    setIOThreadParams: (id, parameters, flags = 0) =>
      inModel(async () => {
        refuseConfig(flags);
        await existing(id);
        const { qmp } = await domain.guest();
        for (const { field, value } of parameters) {
          const property = properties[field];
          if (property === undefined) throw invalid(`parameter '${field}' not supported`);
          await qmp.execute('qom-set', { path: `/objects/${nameOf(id)}`, property, value: Number(value) });
        }
      }),
  };
}

/** Those that libvirt's names tell the number of, in its order. */
export async function numberedIoThreads(qmp: QmpClient): Promise<Map<number, IoThread>> {
  const threads = await qmp.execute('query-iothreads');
  const numbered = threads.flatMap((thread) => {
    const [, number] = /^iothread(\d+)$/.exec(thread.id) ?? [];
    return number === undefined ? [] : [[Number(number), thread] as const];
  });
  return new Map(numbered.sort(([one], [other]) => one - other));
}

const invalid = (text: string): HypervisorError =>
  new HypervisorError(`invalid argument: ${text}`, { code: VIR_ERR_INVALID_ARG, domain: VIR_FROM_QEMU });
