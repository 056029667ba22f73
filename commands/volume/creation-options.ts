import {
  VIR_STORAGE_VOL_CREATE_PREALLOC_METADATA,
  VIR_STORAGE_VOL_CREATE_REFLINK,
} from '../../src/hypervisor/constants.js';

export const preallocOption = {
  name: 'prealloc-metadata',
  type: 'flag',
  bit: VIR_STORAGE_VOL_CREATE_PREALLOC_METADATA,
  help: 'preallocate metadata (for qcow2 instead of full allocation)',
} as const;

export const reflinkOption = {
  name: 'reflink',
  type: 'flag',
  bit: VIR_STORAGE_VOL_CREATE_REFLINK,
  help: 'use btrfs COW lightweight copy',
} as const;
