import { CommandFailure } from '../qmp/index.js';
import type { Guest } from '../snapshot/guest.js';
import { queryOpenImages } from '../snapshot/open-images.js';

/** Has QEMU close images that nothing uses any more: nodes that were added by name stay open otherwise. */
export async function closeUnused(guest: Guest, files: readonly string[]): Promise<void> {
  const tried = new Set<string>();
  for (;;) {
    const { all, graph } = await queryOpenImages(guest);
    const unused = all.filter(
      ({ file, node }) => files.includes(file) && !tried.has(node) && graph.usersOf(node)?.length === 0,
    );
    if (unused.length === 0) return;
    for (const { node } of unused) {
      tried.add(node);
      await deleteNode(guest, node);
    }
  }
}

/** @returns whether it is gone; one that is used, or wasn't added by name, stays. */
export async function deleteNode({ qmp }: Guest, node: string): Promise<boolean> {
  try {
    await qmp.execute('blockdev-del', { 'node-name': node });
    return true;
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    return false;
  }
}
