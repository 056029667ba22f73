import {
  VIR_DOMAIN_IOTHREAD_POLL_GROW,
  VIR_DOMAIN_IOTHREAD_POLL_MAX_NS,
  VIR_DOMAIN_IOTHREAD_POLL_SHRINK,
  VIR_DOMAIN_IOTHREAD_THREAD_POOL_MAX,
  VIR_DOMAIN_IOTHREAD_THREAD_POOL_MIN,
} from '../../src/hypervisor/constants.js';
import type { TypedParameter } from '../../src/hypervisor/index.js';
import { CommandError, defineCommand, domainOf, domainOption } from '../../src/shell/index.js';
import { affectOptions, affectRules } from './affect-options.js';
import { ioThreadId } from './iothread-id.js';

export default defineCommand({
  name: 'iothreadset',
  group: 'domain',
  summary: 'modifies an existing IOThread of the guest domain',
  description: 'Modifies an existing IOThread of the guest domain.',
  manual: [
    'Changes how long an IOThread polls before it sleeps, in ns, and by how much that grows and shrinks; 0 switches polling off. The thread pool limits say how many helper threads it may have.',
  ],
  options: [
    domainOption(),
    { name: 'id', type: 'int', required: true, help: 'iothread id of existing IOThread' },
    { name: 'poll-max-ns', type: 'int', help: 'set the maximum IOThread polling time in ns' },
    { name: 'poll-grow', type: 'int', help: 'set the value to increase the IOThread polling time' },
    { name: 'poll-shrink', type: 'int', help: 'set the value for reduction of the IOThread polling time' },
    { name: 'thread-pool-min', type: 'int', help: 'lower boundary for worker thread pool' },
    { name: 'thread-pool-max', type: 'int', help: 'upper boundary for worker thread pool' },
    ...affectOptions,
  ],
  rules: [...affectRules],
  async run(context, args) {
    const domain = await domainOf(context, args);
    const id = ioThreadId(args);
    const changes: TypedParameter[] = [];
    const maxNs = args.ulonglong('poll-max-ns');
    if (maxNs !== undefined)
      changes.push({ field: VIR_DOMAIN_IOTHREAD_POLL_MAX_NS, type: 'ullong', value: maxNs });
    const grow = args.uint('poll-grow');
    if (grow !== undefined) changes.push({ field: VIR_DOMAIN_IOTHREAD_POLL_GROW, type: 'uint', value: grow });
    const shrink = args.uint('poll-shrink');
    if (shrink !== undefined)
      changes.push({ field: VIR_DOMAIN_IOTHREAD_POLL_SHRINK, type: 'uint', value: shrink });
    const poolMin = args.int('thread-pool-min');
    if (poolMin !== undefined)
      changes.push({ field: VIR_DOMAIN_IOTHREAD_THREAD_POOL_MIN, type: 'int', value: poolMin });
    const poolMax = args.int('thread-pool-max');
    if (poolMax !== undefined)
      changes.push({ field: VIR_DOMAIN_IOTHREAD_THREAD_POOL_MAX, type: 'int', value: poolMax });
    if (changes.length === 0) throw new CommandError('Not enough arguments passed, nothing to set');
    await domain.setIOThreadParams(id, changes, args.bits());
  },
});
