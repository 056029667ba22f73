import { closeSync, openSync, readSync, rmSync } from 'node:fs';
import { crc32 } from '../../src/archive/format/crc32.js';
import type { QemuProgram } from '../support/qemu.js';
import { qemuImg } from './qemu-img.js';

/** What a guest would read from an image, as a number: a hash would take several times as long, and nobody cheats here. */
export function imageSum(program: QemuProgram, image: string, scratch: string): number {
  qemuImg(program, 'convert', '-U', '-O', 'raw', image, scratch);
  const [file, buffer] = [openSync(scratch, 'r'), Buffer.allocUnsafe(1 << 20)];
  try {
    let sum = 0;
    for (let read = readSync(file, buffer); read > 0; read = readSync(file, buffer))
      sum = crc32(buffer.subarray(0, read), sum);
    return sum;
  } finally {
    closeSync(file);
    rmSync(scratch);
  }
}
