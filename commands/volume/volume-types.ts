const types = ['file', 'block', 'dir', 'network', 'netdir', 'ploop'];

/** virsh's word for what a volume is (VIR_STORAGE_VOL_*). */
export const volumeType = (type: number): string => types[type] ?? 'unknown';
