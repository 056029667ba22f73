import { readlink } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type BlockGraph, type BlockNode, queryBlockGraph } from '../qmp/index.js';
import type { Guest } from './guest.js';
import { type GuestDisk, guestDisks, plainDisks, plainPath } from './guest-disks.js';
import { realFile } from './real-file.js';

/** An image that QEMU has open, as part of a disk's chain or as a node of its own. */
export interface OpenImage {
  readonly node: string;
  /** Real path. */
  readonly file: string;
  readonly format: string;
  readonly details: BlockNode;
}

/** The images that QEMU has open. */
export interface OpenImages {
  readonly graph: BlockGraph;
  /** Every disk, as disksOf() tells it. */
  readonly disks: readonly GuestDisk[];
  /** Per disk with a medium, the active image first. */
  readonly chains: readonly { readonly disk: GuestDisk; readonly images: readonly OpenImage[] }[];
  /** Every node with a file name of its own, the files' nodes (drv file, host_device) too. */
  readonly all: readonly OpenImage[];
}

export async function queryOpenImages({ qmp, process: qemu }: Guest): Promise<OpenImages> {
  const graph = await queryBlockGraph(qmp);
  const folder = qemu && (await readlink(`/proc/${qemu.pid}/cwd`).catch(() => undefined));
  const all: OpenImage[] = [];
  for (const [node, details] of graph.nodes) {
    const { drv: format } = details;
    const file = plainPath(details.file ?? '', folder);
    // Names that are no paths (nbd://) match nothing.
    if (!file || /^[^/]*:/.test(file)) continue;
    all.push({ node, file: await realFile(resolve(folder ?? '/', file)), format, details });
  }
  const chains = guestDisks(graph).flatMap((disk) => {
    if (!disk.medium) return [];
    const images = graph
      .chainOf(disk.medium.node)
      .flatMap((name) => all.find(({ node }) => node === name) ?? []);
    return [{ disk, images }];
  });
  return { graph, disks: plainDisks(graph, folder), chains, all };
}
