import {
  VIR_STORAGE_POOL_CREATE_WITH_BUILD,
  VIR_STORAGE_POOL_CREATE_WITH_BUILD_NO_OVERWRITE,
  VIR_STORAGE_POOL_CREATE_WITH_BUILD_OVERWRITE,
} from '../../src/hypervisor/constants.js';
import { exclusive } from '../../src/shell/index.js';

/** Whether a pool is built before it is started, and over what. */
export const buildOptions = [
  {
    name: 'build',
    type: 'flag',
    bit: VIR_STORAGE_POOL_CREATE_WITH_BUILD,
    help: 'build the pool as normal',
  },
  {
    name: 'no-overwrite',
    type: 'flag',
    bit: VIR_STORAGE_POOL_CREATE_WITH_BUILD_NO_OVERWRITE,
    help: 'do not overwrite any existing data',
  },
  {
    name: 'overwrite',
    type: 'flag',
    bit: VIR_STORAGE_POOL_CREATE_WITH_BUILD_OVERWRITE,
    help: 'overwrite any existing data',
  },
] as const;

export const buildRules = [exclusive('overwrite', 'no-overwrite')] as const;
