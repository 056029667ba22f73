import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from '../snapshot/durable-file.js';
import { isStillThere, pruneMade } from '../snapshot/made-files.js';
import type { ExaminedDomain } from './examined-domain.js';
import type { FoundGarbage } from './find-garbage.js';
import type { Candidate } from './garbage.js';
import { OpenFiles } from './open-files.js';

export interface RemovedGarbage {
  readonly removed: readonly Candidate[];
  readonly kept: readonly { readonly candidate: Candidate; readonly reason: string }[];
}

/** Removes what findGarbage() found, unless somebody has opened or replaced it meanwhile. @throws SystemError */
export async function removeGarbage(
  { remove, made }: FoundGarbage,
  domains: readonly ExaminedDomain[],
): Promise<RemovedGarbage> {
  const removed: Candidate[] = [];
  const kept: { candidate: Candidate; reason: string }[] = [];
  for (const candidate of remove) {
    const { file } = candidate;
    const note = made.get(file);
    const open = await OpenFiles.look();
    const reason =
      note && !(await isStillThere(note))
        ? 'another file has come to be in its place'
        : await open.whyInUse(file);
    if (reason !== undefined) {
      kept.push({ candidate, reason });
      continue;
    }
    await rm(file);
    await syncFolder(dirname(file));
    removed.push(candidate);
  }
  for (const { stateFolder } of domains) await pruneMade(stateFolder);
  return { removed, kept };
}
