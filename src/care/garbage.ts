/** A file that may be garbage. */
export interface Candidate {
  readonly file: string;
  readonly part: 'image' | 'memory' | 'partial';
  /** Bytes on the host's disk. */
  readonly bytes: number;
  /** Where it comes from, for people. */
  readonly origin: string;
}

export interface GarbagePlan {
  /** In the order in which they can go: what lies on another goes before it. */
  readonly remove: readonly Candidate[];
  readonly keep: readonly { readonly candidate: Candidate; readonly reason: string }[];
}

/** What is known of files around the candidates. */
export interface Evidence {
  /** Why a file must stay whatever else is removed; undefined if nothing speaks for it. */
  readonly needed: ReadonlyMap<string, string>;
  /** Which image each image lies on: of all known ones and all in the candidates' folders. */
  readonly backing: ReadonlyMap<string, string>;
}

/**
 * Decides which candidates go: those that nothing speaks for and that no file lies on which stays itself.
 */
export function planGarbage(candidates: readonly Candidate[], { needed, backing }: Evidence): GarbagePlan {
  const doomed = new Map(candidates.map((candidate) => [candidate.file, candidate]));
  const keep: { candidate: Candidate; reason: string }[] = [];
  const spare = (candidate: Candidate, reason: string): void => {
    doomed.delete(candidate.file);
    keep.push({ candidate, reason });
  };
  for (const candidate of candidates) {
    const reason = needed.get(candidate.file);
    if (reason !== undefined) spare(candidate, reason);
  }
  // Each file that stays keeps what it lies on, which keeps what that lies on.
  for (let changed = true; changed; ) {
    changed = false;
    for (const [above, below] of backing) {
      const candidate = doomed.get(below);
      if (!candidate || doomed.has(above)) continue;
      spare(candidate, `'${above}' lies on it`);
      changed = true;
    }
  }
  return { remove: topFirst([...doomed.values()], backing), keep };
}

function topFirst(files: readonly Candidate[], backing: ReadonlyMap<string, string>): Candidate[] {
  const depth = (file: string): number => {
    const seen = new Set<string>();
    for (let at: string | undefined = file; at !== undefined && !seen.has(at); at = backing.get(at))
      seen.add(at);
    return seen.size;
  };
  return [...files].sort((a, b) => depth(b.file) - depth(a.file) || (a.file < b.file ? -1 : 1));
}
