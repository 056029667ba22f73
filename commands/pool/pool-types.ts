import {
  VIR_CONNECT_LIST_STORAGE_POOLS_DIR,
  VIR_CONNECT_LIST_STORAGE_POOLS_DISK,
  VIR_CONNECT_LIST_STORAGE_POOLS_FS,
  VIR_CONNECT_LIST_STORAGE_POOLS_GLUSTER,
  VIR_CONNECT_LIST_STORAGE_POOLS_ISCSI,
  VIR_CONNECT_LIST_STORAGE_POOLS_ISCSI_DIRECT,
  VIR_CONNECT_LIST_STORAGE_POOLS_LOGICAL,
  VIR_CONNECT_LIST_STORAGE_POOLS_MPATH,
  VIR_CONNECT_LIST_STORAGE_POOLS_NETFS,
  VIR_CONNECT_LIST_STORAGE_POOLS_RBD,
  VIR_CONNECT_LIST_STORAGE_POOLS_SCSI,
  VIR_CONNECT_LIST_STORAGE_POOLS_SHEEPDOG,
  VIR_CONNECT_LIST_STORAGE_POOLS_VSTORAGE,
  VIR_CONNECT_LIST_STORAGE_POOLS_ZFS,
} from '../../src/hypervisor/constants.js';
import { CommandError } from '../../src/shell/index.js';

const flagsByType = new Map([
  ['dir', VIR_CONNECT_LIST_STORAGE_POOLS_DIR],
  ['fs', VIR_CONNECT_LIST_STORAGE_POOLS_FS],
  ['netfs', VIR_CONNECT_LIST_STORAGE_POOLS_NETFS],
  ['logical', VIR_CONNECT_LIST_STORAGE_POOLS_LOGICAL],
  ['disk', VIR_CONNECT_LIST_STORAGE_POOLS_DISK],
  ['iscsi', VIR_CONNECT_LIST_STORAGE_POOLS_ISCSI],
  ['scsi', VIR_CONNECT_LIST_STORAGE_POOLS_SCSI],
  ['mpath', VIR_CONNECT_LIST_STORAGE_POOLS_MPATH],
  ['rbd', VIR_CONNECT_LIST_STORAGE_POOLS_RBD],
  ['sheepdog', VIR_CONNECT_LIST_STORAGE_POOLS_SHEEPDOG],
  ['gluster', VIR_CONNECT_LIST_STORAGE_POOLS_GLUSTER],
  ['zfs', VIR_CONNECT_LIST_STORAGE_POOLS_ZFS],
  ['vstorage', VIR_CONNECT_LIST_STORAGE_POOLS_VSTORAGE],
  ['iscsi-direct', VIR_CONNECT_LIST_STORAGE_POOLS_ISCSI_DIRECT],
]);

/** Names of the types of storage pools. */
export const poolTypes = [...flagsByType.keys()];

/** The flags that list pools of the types named in a list with commas. @throws CommandError in virsh's words. */
export function poolTypeFlags(list: string | undefined): number {
  let flags = 0;
  for (const type of list === undefined ? [] : list.split(',')) {
    const flag = flagsByType.get(type);
    if (flag === undefined) throw new CommandError(`Invalid pool type '${type}'`);
    flags |= flag;
  }
  return flags;
}
