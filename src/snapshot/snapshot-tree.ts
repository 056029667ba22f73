import {
  VIR_DOMAIN_SNAPSHOT_LIST_ACTIVE,
  VIR_DOMAIN_SNAPSHOT_LIST_DISK_ONLY,
  VIR_DOMAIN_SNAPSHOT_LIST_EXTERNAL,
  VIR_DOMAIN_SNAPSHOT_LIST_INACTIVE,
  VIR_DOMAIN_SNAPSHOT_LIST_INTERNAL,
  VIR_DOMAIN_SNAPSHOT_LIST_LEAVES,
  VIR_DOMAIN_SNAPSHOT_LIST_METADATA,
  VIR_DOMAIN_SNAPSHOT_LIST_NO_LEAVES,
  VIR_DOMAIN_SNAPSHOT_LIST_NO_METADATA,
} from '../hypervisor/constants.js';
import type { SnapshotDescription } from './snapshot-description.js';

/** A snapshot or checkpoint in the tree of a domain's. */
export interface TreeMoment {
  readonly name: string;
  readonly description: { readonly parent: string | undefined };
}

/** A snapshot in the tree of a domain's. */
export interface TreeSnapshot extends TreeMoment {
  readonly description: SnapshotDescription;
}

/** Those whose parent is `name`; for undefined, those that have none or whose parent is gone. */
export function childrenOf<S extends TreeMoment>(all: readonly S[], name: string | undefined): S[] {
  const known = new Set(all.map((snapshot) => snapshot.name));
  return all.filter(({ description: { parent } }) =>
    name === undefined ? parent === undefined || !known.has(parent) : parent === name,
  );
}

/** All below `name`, parents before children; for undefined, the whole forest. */
export function descendantsOf<S extends TreeMoment>(all: readonly S[], name: string | undefined): S[] {
  const found: S[] = [];
  const seen = new Set<string>();
  const visit = (parent: string | undefined): void => {
    for (const child of childrenOf(all, parent)) {
      // A document edited by hand may make a circle.
      if (seen.has(child.name)) continue;
      seen.add(child.name);
      found.push(child);
      visit(child.name);
    }
  };
  visit(name);
  return found;
}

/** Applies libvirt's list filters: of each group of which a flag is set, one must fit. */
export function filterSnapshots<S extends TreeSnapshot>(
  selected: readonly S[],
  all: readonly S[],
  flags: number,
  hasMetadata: (snapshot: S) => boolean,
): S[] {
  const groups: readonly (readonly (readonly [number, (snapshot: S) => boolean])[])[] = [
    [
      [VIR_DOMAIN_SNAPSHOT_LIST_METADATA, hasMetadata],
      [VIR_DOMAIN_SNAPSHOT_LIST_NO_METADATA, (snapshot) => !hasMetadata(snapshot)],
    ],
    [
      [VIR_DOMAIN_SNAPSHOT_LIST_LEAVES, ({ name }) => childrenOf(all, name).length === 0],
      [VIR_DOMAIN_SNAPSHOT_LIST_NO_LEAVES, ({ name }) => childrenOf(all, name).length > 0],
    ],
    [
      [VIR_DOMAIN_SNAPSHOT_LIST_INACTIVE, ({ description: { state } }) => state === 'shutoff'],
      [
        VIR_DOMAIN_SNAPSHOT_LIST_ACTIVE,
        ({ description: { state } }) => state !== 'shutoff' && state !== 'disk-snapshot',
      ],
      [VIR_DOMAIN_SNAPSHOT_LIST_DISK_ONLY, ({ description: { state } }) => state === 'disk-snapshot'],
    ],
    [
      [VIR_DOMAIN_SNAPSHOT_LIST_INTERNAL, ({ description: { location } }) => location === 'internal'],
      [VIR_DOMAIN_SNAPSHOT_LIST_EXTERNAL, ({ description: { location } }) => location === 'external'],
    ],
  ];
  return selected.filter((snapshot) =>
    groups.every((group) => {
      const asked = group.filter(([bit]) => (flags & bit) !== 0);
      return asked.length === 0 || asked.some(([, fits]) => fits(snapshot));
    }),
  );
}
