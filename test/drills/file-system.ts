import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { QemuProgram } from '../support/qemu.js';
import { qemuImg } from './qemu-img.js';

// A plain user's PATH lacks the folder that e2fsck is in.
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin`, LC_ALL: 'C' };

/**
 * Checks the ext4 file system on a frozen image as a mount after a power failure would find it: the journal is played
 * back, and then everything must be in order.
 * @throws Error with what e2fsck said
 */
export function checkFileSystem(program: QemuProgram, image: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'fsck-'));
  try {
    const raw = join(folder, 'raw');
    qemuImg(program, 'convert', '-U', '-O', 'raw', image, raw);
    // Only the journal: -E journal_only repairs nothing else.
    run('-y', '-E', 'journal_only', raw);
    run('-f', '-n', raw);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function run(...words: string[]): void {
  const { status, stdout, stderr } = spawnSync('e2fsck', words, { env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`e2fsck ${words.join(' ')} ended with ${status}:\n${stdout}${stderr}`);
}
