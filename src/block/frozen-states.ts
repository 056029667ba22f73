import type { DeleteSituation } from '../snapshot/delete-model.js';
import { type Documented, readKnownImages } from '../snapshot/delete-situation.js';
import type { Guest } from '../snapshot/guest.js';
import { refusal } from './refusals.js';

/** Images that a commit changes: `base` gets what is in `gone`, top first, which are of no use then. */
export interface CommittedImages {
  readonly base: string;
  readonly gone: readonly string[];
}

/**
 * Refuses a commit that would change what a known snapshot, another domain's snapshot, or a snapshot inside an image
 * reads. libvirt does not look; but what it leaves is a record of a state that is lost.
 * @param snapshots all of the domain's.
 * @throws HypervisorError
 */
export async function refuseLoss(
  guest: Guest,
  snapshots: readonly Documented[],
  committed: CommittedImages,
): Promise<void> {
  const reason = lostState(await readKnownImages(guest, snapshots), committed);
  if (reason !== undefined) throw refusal('now', reason);
}

/** What would be lost, for people; undefined if nothing is. */
export function lostState(
  { snapshots, images, foreign }: Pick<DeleteSituation, 'snapshots' | 'images' | 'foreign'>,
  { base, gone }: CommittedImages,
): string | undefined {
  const touched = new Set([base, ...gone]);
  // The topmost image reads the same as before, wherever its data is; whatever else reads a touched one does not.
  const [top] = gone;
  const chain = (file: string | undefined): string[] => {
    const found: string[] = [];
    for (let next = file; next !== undefined && !found.includes(next); next = images.get(next)?.backing)
      found.push(next);
    return found;
  };
  const reads = (file: string | undefined): boolean => {
    const all = chain(file);
    // Through the top, it reads what the base has then; the top itself is gone, though.
    if (top !== undefined && all.indexOf(top) > 0) return false;
    return all.some((each) => touched.has(each));
  };
  for (const { name, external } of snapshots) {
    for (const { overlay, base: frozen } of external) {
      const state = frozen ?? (overlay === undefined ? undefined : images.get(overlay)?.backing);
      if (state === undefined || !reads(state)) continue;
      return `'${state}' holds the state of snapshot '${name}', which would be lost: delete the snapshot instead (snapshot-delete ${name} merges the images; with --metadata only its record goes)`;
    }
  }
  for (const file of foreign) {
    if (reads(file)) return `another domain's snapshot needs '${file}'`;
  }
  for (const file of gone) {
    const [tag] = images.get(file)?.tags ?? [];
    if (tag !== undefined) return `'${file}' holds snapshot '${tag}' inside, which would be lost`;
  }
  for (const [file, { backing }] of images) {
    if (file === top || backing === undefined) continue;
    if (touched.has(backing) && !touched.has(file) && backing !== top)
      return `'${file}' lies on '${backing}' too, which would be changed under it`;
  }
  return undefined;
}
