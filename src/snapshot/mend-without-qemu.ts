import { execFile } from 'node:child_process';
import { lstat, rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { completeSnapshot, isSameFile, memoryIsWhole, NameTaken } from './completion.js';
import { removePartial } from './durable-file.js';
import { endSink } from './end-sink.js';
import { settleInternal } from './internal-offline.js';
import { describeOperation, type Journal, type JournalOverlay } from './journal.js';

/**
 * Mends an operation whose QEMU has ended meanwhile. Overlays that were never used, or that hold nothing, are removed;
 * those that hold what the guest wrote are kept, and it is said what to do with them. @returns what was done and found.
 */
export async function mendWithoutQemu(journal: Journal): Promise<string[]> {
  const { record } = journal;
  const { memory, overlays } = record;
  const actions: string[] = [];
  if (memory) await endSink(memory);
  // The end of the stream alone doesn't tell whether QEMU was through: it ends when QEMU dies, too.
  const streamed = record.step === 'finishing' || record.step === 'completing';
  const used: JournalOverlay[] = [];
  for (const overlay of overlays) if (await holdsData(overlay.file)) used.push(overlay);
  // The disks were switched all or none.
  const switched = overlays.length > 0 && (streamed || (record.step !== 'preparing' && used.length > 0));
  const inside = await settleInternal(record);
  actions.push(...inside.actions);
  const whole = inside.whole || (switched && (!memory || (streamed && (await memoryIsWhole(memory)))));
  const completed = (record.step === 'completing' || whole) && (await complete(journal, actions));
  for (const overlay of overlays) {
    const { file, disk, created } = overlay;
    if (completed || used.includes(overlay)) {
      actions.push(
        `disk '${disk}' goes on in '${file}': start the guest on it, or merge it with: qemu-img commit '${file}'`,
      );
    } else if (created && (await isThere(file))) {
      await rm(file, { force: true });
      actions.push(`removed the empty overlay '${file}'`);
    }
  }
  if (memory && !completed) {
    if (await isSameFile(memory.partial, memory.final)) await rm(memory.final, { force: true });
    await removePartial(memory.partial);
    await rm(memory.report, { force: true });
    actions.push(`removed what had been written of '${memory.final}'`);
  }
  return actions;
}

async function complete(journal: Journal, actions: string[]): Promise<boolean> {
  try {
    await completeSnapshot(journal);
  } catch (error) {
    if (!(error instanceof NameTaken)) throw error;
    actions.push(error.message);
    return false;
  }
  actions.push(`completed ${describeOperation(journal.record)}`);
  return true;
}

const isThere = async (file: string): Promise<boolean> =>
  (await lstat(file).catch(() => undefined)) !== undefined;

/** Whether anything was written to an overlay. One that can't be read is taken to hold data. */
export async function holdsData(file: string): Promise<boolean> {
  // Never got as far as being an image.
  const found = await lstat(file).catch(() => undefined);
  if (!found || (found.isFile() && found.size === 0)) return false;
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
