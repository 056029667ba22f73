import { refusal } from './refusals.js';

/** QEMU's numbers are signed. */
const LIMIT = 2n ** 63n - 1n;

/**
 * A job's speed as QEMU takes it.
 * @param bytes `bandwidth` is in bytes a second rather than MiB.
 * @throws HypervisorError in libvirt's words: so much can't be told.
 */
export function bytesPerSecond(bandwidth: bigint, bytes: boolean): number {
  const limit = bytes ? LIMIT : LIMIT >> 20n;
  if (bandwidth > limit)
    throw refusal('invalid', `bandwidth must be less than ${limit + 1n}${bytes ? '' : ' MiB/s'}`);
  const value = Number(bytes ? bandwidth : bandwidth << 20n);
  // What goes over the wire as JSON keeps 53 bits.
  return Math.min(value, Number.MAX_SAFE_INTEGER);
}

/** MiB a second, rounded up as libvirt does it. */
export const mebibytesPerSecond = (bytes: bigint): bigint => (bytes + (1n << 20n) - 1n) >> 20n;
