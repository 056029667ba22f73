import { VIR_DOMAIN_AFFECT_CONFIG, VIR_DOMAIN_AFFECT_LIVE } from '../../src/hypervisor/constants.js';
import { exclusive } from '../../src/shell/index.js';

/** Which definition of a domain a change is made to: that of the next start, the running one, or as it is. */
export const affectOptions = [
  { name: 'config', type: 'flag', bit: VIR_DOMAIN_AFFECT_CONFIG, help: 'affect next boot' },
  { name: 'live', type: 'flag', bit: VIR_DOMAIN_AFFECT_LIVE, help: 'affect running domain' },
  { name: 'current', type: 'flag', help: 'affect current domain' },
] as const;

export const affectRules = [exclusive('current', 'live'), exclusive('current', 'config')] as const;
