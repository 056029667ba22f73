import { stat } from 'node:fs/promises';
import { domainDisks } from './relaunch-images.js';
import type { LaunchRecord } from './relaunch-record.js';
import type { SnapshotStore } from './snapshot-store.js';

/** What tells whether an image was written to. */
export interface FrozenFile {
  readonly file: string;
  readonly size: number;
  /** Nanoseconds since 1970, in decimal. */
  readonly modified: string;
}

/** What the images that a snapshot has frozen look like now. Those that are no local file are left out. */
async function lookAt(files: readonly string[]): Promise<FrozenFile[]> {
  const looks: FrozenFile[] = [];
  for (const file of files) {
    const found = await stat(file, { bigint: true }).catch(() => undefined);
    if (found?.isFile()) looks.push({ file, size: Number(found.size), modified: String(found.mtimeNs) });
  }
  return looks;
}

/**
 * Remembers what a snapshot's frozen images look like now; to be called when it has been taken, and whenever somebody
 * has changed them rightfully (merged another image into one).
 */
export async function noteFrozen(store: SnapshotStore, name: string): Promise<void> {
  const [snapshot, launch] = [await store.find(name), await store.findLaunch(name)];
  if (!snapshot || !launch) return;
  const files = [...domainDisks(snapshot.xml).values()].map(({ file }) => file);
  const external = snapshot.description.disks.some((disk) => disk.snapshot === 'external');
  await store.putLaunch(name, { ...launch, frozen: external ? await lookAt(files) : [] });
}

/** Frozen images that have been written to since: by a guest that was started on them again, for example. */
export async function changedImages(launch: LaunchRecord | undefined, xml: string): Promise<string[]> {
  const frozen = new Set([...domainDisks(xml).values()].map(({ file }) => file));
  // One that has gone by another name since (it was merged) is another one.
  const noted = (launch?.frozen ?? []).filter(({ file }) => frozen.has(file));
  const looks = await lookAt(noted.map(({ file }) => file));
  return noted
    .filter(({ file, size, modified }) => {
      const now = looks.find((each) => each.file === file);
      return now !== undefined && (now.size !== size || now.modified !== modified);
    })
    .map(({ file }) => file);
}
