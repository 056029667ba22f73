import { lostByPreCopy } from '../../src/snapshot/lost-writes.js';
import { type Method, methods } from '../../src/snapshot/method.js';
import type { QemuProgram } from './qemu.js';

/** How the memory of a running guest can be taken on a QEMU that emulates it, as these tests' QEMUs do. */
export function memoryMethods({ version }: QemuProgram): readonly Method[] {
  const [major = 0, minor = 0, micro = 0] = version.split(/[^\d]+/).map(Number);
  const lossy = lostByPreCopy({ major, minor, micro }, true) !== undefined;
  return methods.filter((method) => method !== 'precopy' || !lossy);
}
