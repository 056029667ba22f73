/** How much memory: by its old name, too, which help does not show. */
export const memorySize = <const H extends string>(help: H) =>
  [
    { name: 'kilobytes', type: 'alias', target: 'size', help: '' },
    { name: 'size', type: 'scaled', required: true, help },
  ] as const;

/** Bytes as KiB, rounded up. */
export const kibibytesOf = (bytes: bigint | undefined): bigint => ((bytes ?? 0n) + 1023n) / 1024n;
