import { VIR_STORAGE_POOL_DEGRADED, VIR_STORAGE_POOL_RUNNING } from '../../src/hypervisor/constants.js';
import { defineCommand } from '../../src/shell/index.js';
import { capacityText } from '../shell/capacity-text.js';
import { poolOf } from './pool-option.js';
import { poolState } from './pool-states.js';

export default defineCommand({
  name: 'pool-info',
  group: 'pool',
  summary: 'storage pool information',
  description: 'Returns basic information about the storage pool.',
  options: [
    { name: 'pool', type: 'string', required: true, completer: 'storage-pool', help: 'pool name or uuid' },
    { name: 'bytes', type: 'flag', help: 'Return pool info in bytes' },
  ],
  json: {
    object: {
      name: 'string',
      uuid: 'string',
      state: 'string',
      'persistent?': 'boolean',
      'autostart?': 'boolean',
      capacity: 'integer',
      allocation: 'integer',
      available: 'integer',
    },
  },
  async run(context, args) {
    const pool = await poolOf(context, args);
    const line = (label: string, value: string): void =>
      context.output.print(`${`${label}:`.padEnd(15)} ${value}\n`);
    const yesNo = (value: boolean): string => (value ? 'yes' : 'no');
    line('Name', pool.name);
    line('UUID', pool.uuid);
    const { state, capacity, allocation, available } = await pool.getInfo();
    const persistent = await pool.isPersistent().catch(() => undefined);
    const autostart = await pool.getAutostart().catch(() => undefined);
    line('State', poolState(state));
    line('Persistent', persistent === undefined ? 'unknown' : yesNo(persistent));
    line('Autostart', autostart === undefined ? 'no autostart' : yesNo(autostart));
    if (state === VIR_STORAGE_POOL_RUNNING || state === VIR_STORAGE_POOL_DEGRADED) {
      const size = args.flag('bytes') ? String : capacityText;
      line('Capacity', size(capacity));
      line('Allocation', size(allocation));
      line('Available', size(available));
    }
    context.emit({
      name: pool.name,
      uuid: pool.uuid,
      state: poolState(state),
      persistent,
      autostart,
      capacity,
      allocation,
      available,
    });
  },
});
