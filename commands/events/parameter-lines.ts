import type { TypedParameter } from '../../src/hypervisor/index.js';

/** The parameters of an event, a line each, with values as libvirt's log writes them: 0 or 1 for booleans. */
export const parameterLines = (parameters: readonly TypedParameter[]): string =>
  parameters
    .map(({ field, value }) => `\t${field}: ${typeof value === 'boolean' ? Number(value) : value}\n`)
    .join('');
