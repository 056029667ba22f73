import { realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { handsOf } from '../../snapshot/journal.js';
import { unfinishedOperations } from '../../snapshot/unfinished.js';
import { cutOff } from './check-free.js';
import { busyWith } from './errors.js';

/**
 * A monitor's socket is not there for a moment when a revert puts another QEMU in a guest's place; if everybody dies then,
 * until it is mended.
 * @throws HypervisorError an operation of ours has taken the socket away; otherwise it is just not there.
 */
export async function explainGone(path: string): Promise<void> {
  const folder = await realpath(dirname(path)).catch(() => dirname(path));
  const paths = [path, join(folder, basename(path))];
  for (const { record } of await unfinishedOperations().catch(() => [])) {
    if (!paths.includes(record.socket)) continue;
    throw (await handsOf(record)) === 'nobody' ? cutOff(record) : busyWith(record);
  }
}
