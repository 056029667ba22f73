/** What virsh calls the types of block jobs (VIR_DOMAIN_BLOCK_JOB_TYPE_*). */
const names = [
  'Unknown job',
  'Block Pull',
  'Block Copy',
  'Block Commit',
  'Active Block Commit',
  'Backup',
] as const;

export const blockJobName = (type: number): string => names[type] ?? 'Unknown job';
