/** See compiled.mjs. */
export function withPrograms(
  initrd: string,
  names: readonly ('atom' | 'fill' | 'heartbeat')[],
): Promise<string>;
