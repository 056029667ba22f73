import { execFileSync, spawnSync } from 'node:child_process';
import type { QemuProgram } from '../support/qemu.js';

/** Runs qemu-img of the same version as the guest's QEMU. @returns what it said. @throws Error it failed */
export function qemuImg(program: QemuProgram, ...words: string[]): string {
  const env = { ...process.env, ...program.env };
  return execFileSync(program.qemuImg, words, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** How `qemu-img check` found an image. Leaks waste space and harm nobody: what a killed QEMU leaves. */
export interface ImageCheck {
  readonly verdict: 'clean' | 'leaks' | 'broken';
  readonly said: string;
}

/** @param shared QEMU may have the image open, for reading. */
export function checkImage(program: QemuProgram, file: string, { shared = false } = {}): ImageCheck {
  const words = ['check', ...(shared ? ['-U'] : []), file];
  const env = { ...process.env, ...program.env };
  const { status, stdout, stderr } = spawnSync(program.qemuImg, words, { env, encoding: 'utf8' });
  return {
    verdict: status === 0 ? 'clean' : status === 3 ? 'leaks' : 'broken',
    said: `${stdout}${stderr}`.trim(),
  };
}
