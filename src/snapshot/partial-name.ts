import { randomBytes } from 'node:crypto';
import { basename, dirname, join } from 'node:path';

/** A file's name may have 255 bytes, of which the ending takes some. */
const KEPT_BYTES = 200;

/** What a file is called until it is whole: hidden, beside its later name, and nobody else's. */
export function partialName(file: string): string {
  const start = Buffer.from(basename(file)).subarray(0, KEPT_BYTES).toString();
  return join(dirname(file), `.${start}.${randomBytes(6).toString('hex')}.partial`);
}
