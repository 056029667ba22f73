import { CommandError, parseScaled } from '../../src/shell/index.js';

const ULLONG_MAX = 2n ** 64n - 1n;

/** Bytes from a number with a unit (bytes without one), as virsh reads the sizes of volumes. @throws CommandError */
export function volumeSize(text: string): bigint {
  const size = parseScaled(text, 1n, ULLONG_MAX);
  if ('value' in size) return size.value;
  throw new CommandError(`Malformed size ${text}`, size.error === '' ? undefined : new Error(size.error));
}
