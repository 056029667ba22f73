import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const TIMEOUT_MS = 10_000;

/**
 * Bytes of memory that each internal snapshot holds in a qcow2 image, by the snapshot's name; read while QEMU writes.
 * @throws Error there is no such image.
 */
export async function vmStateSizes(file: string): Promise<Map<string, number>> {
  const words = ['info', '-U', '-f', 'qcow2', '--output=json', '--', file];
  const { stdout } = await promisify(execFile)('qemu-img', words, { timeout: TIMEOUT_MS });
  const { snapshots = [] } = JSON.parse(stdout) as {
    snapshots?: { name: string; 'vm-state-size': number }[];
  };
  return new Map(snapshots.map((snapshot) => [snapshot.name, snapshot['vm-state-size']]));
}
