import { VIR_UUID_STRING_BUFLEN } from './constants.js';
import { succeed } from './error.js';

/** The UUID that a vir...GetUUIDString function writes: canonical form with dashes, lower case. */
export function uuidText(get: (buffer: Buffer) => number): string {
  const buffer = Buffer.alloc(VIR_UUID_STRING_BUFLEN);
  succeed(get(buffer));
  return buffer.toString('latin1', 0, VIR_UUID_STRING_BUFLEN - 1);
}
