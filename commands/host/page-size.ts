/** Bytes as libvirt's page size in KiB, rounded up. */
export const pageSizeOf = (bytes: bigint): number => Number((bytes + 1023n) / 1024n);
