import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { completeSnapshot, memoryIsWhole } from './completion.js';
import type { Journal, JournalOverlay } from './journal.js';

/**
 * Mends an operation whose QEMU has ended meanwhile. Overlays that hold nothing are removed; those that hold what the
 * guest wrote are kept, and it is said what to do with them. @returns what was done and found.
 */
export async function mendWithoutQemu(journal: Journal): Promise<string[]> {
  const { record } = journal;
  const actions: string[] = [];
  const kept: JournalOverlay[] = [];
  for (const overlay of record.overlays) {
    if (overlay.created && !(await holdsData(overlay.file))) {
      await rm(overlay.file, { force: true });
      actions.push(`removed the empty overlay '${overlay.file}'`);
    } else {
      kept.push(overlay);
    }
  }
  const { memory } = record;
  const usable = kept.length === record.overlays.length && kept.length > 0;
  if (usable && (memory ? await memoryIsWhole(memory) : record.method === 'none')) {
    // The stream ended by itself and every disk was switched: the snapshot is whole although the guest is gone.
    await completeSnapshot(journal.folder, record);
    actions.push(`completed snapshot '${record.snapshot}'`);
  } else if (memory) {
    await rm(memory.partial, { force: true });
    await rm(memory.report, { force: true });
    actions.push(`removed the unfinished memory image of '${memory.final}'`);
  }
  for (const { file, disk } of kept) {
    actions.push(
      `disk '${disk}' goes on in '${file}': start the guest on it, or merge it with: qemu-img commit '${file}'`,
    );
  }
  await journal.end();
  return actions;
}

/** Whether anything was written to an overlay. One that can't be read is taken to hold data. */
async function holdsData(file: string): Promise<boolean> {
  try {
    const { stdout } = await promisify(execFile)('qemu-img', ['map', '--output=json', '--', file], {
      timeout: 60_000,
      maxBuffer: 64 * 1024 * 1024,
    });
    const extents = JSON.parse(stdout) as {
      depth: number;
      data: boolean;
      zero: boolean;
      present?: boolean;
    }[];
    return extents.some(({ depth, data, zero }) => depth === 0 && (data || zero));
  } catch {
    return true;
  }
}
