import { ImageForest } from './delete-images.js';
import { chooseMerge, type Merge, type MergeRules } from './delete-merge.js';
import {
  type ChainImage,
  type DeletePlan,
  DeleteRefused,
  type DeleteSituation,
  type DeleteStep,
  type PlannedSnapshot,
} from './delete-model.js';

/**
 * Plans the deletion of snapshots: which images become one and how, which files go, which stay. Does no I/O.
 *
 * What may not change is what each remaining snapshot and the guest itself read. An image whose state only deleted
 * snapshots needed is merged with the one that lies on it; if several lie on it, or somebody else's chain needs it, it
 * stays as it is. Images are never merged into one that lies under a deleted snapshot's, whoever made that, and files
 * that were not made by snapshots are never removed.
 *
 * @param doomed names, children before parents.
 * @throws DeleteRefused
 */
export function planDelete(situation: DeleteSituation, doomed: readonly string[]): DeletePlan {
  return new Planning(situation, doomed).plan();
}

class Planning {
  readonly #situation: DeleteSituation;
  readonly #doomed: readonly PlannedSnapshot[];
  readonly #forest: ImageForest;
  /** Files of which nobody needs the state once the snapshots are gone. */
  readonly #spare: Set<string>;
  /** Files whose state is a remaining snapshot's. */
  readonly #bases: Set<string>;
  readonly #remainingOverlays: Set<string>;
  readonly #active: Map<string, string>;
  readonly #pinned: ReadonlySet<string>;
  readonly #ours: ReadonlySet<string>;
  readonly #disks: ReadonlyMap<string, string>;
  readonly #steps: DeleteStep[] = [];

  constructor(situation: DeleteSituation, doomed: readonly string[]) {
    this.#situation = situation;
    this.#forest = new ImageForest(situation.images);
    const find = (name: string): PlannedSnapshot => {
      const found = situation.snapshots.find((snapshot) => snapshot.name === name);
      if (!found) throw new DeleteRefused(`there is no snapshot '${name}'`);
      return found;
    };
    this.#doomed = doomed.map(find);
    const remaining = situation.snapshots.filter(({ name }) => !doomed.includes(name));
    this.#active = new Map(situation.active.map(({ disk, file }) => [disk, file]));
    this.#pinned = this.#forest.closureOf(situation.foreign);
    this.#bases = new Set(remaining.flatMap((snapshot) => this.#allBases(snapshot)));
    this.#remainingOverlays = new Set(overlaysOf(remaining));
    const candidates = [
      ...this.#doomed.flatMap((snapshot) => this.#certainBases(snapshot)),
      ...situation.layers.map(({ file }) => file),
    ];
    const active = new Set(this.#active.values());
    this.#spare = new Set(
      candidates.filter((file) => this.#forest.has(file) && !this.#bases.has(file) && !active.has(file)),
    );
    this.#ours = this.#findOurs();
    this.#disks = this.#nameDisks();
  }

  plan(): DeletePlan {
    this.#removeUnused();
    this.#mergeAll();
    this.#removeInternal();
    this.#removeMemory();
    const kept = this.#describeKept();
    const layers = kept.map(({ file }) => ({ file, ours: this.#ours.has(file) }));
    if (layers.length > 0 || this.#situation.layers.length > 0)
      this.#steps.push({ action: 'layers', layers });
    for (const { name } of this.#doomed) this.#steps.push({ action: 'forget', snapshot: name });
    this.#check();
    return {
      snapshots: this.#doomed.map(({ name }) => name),
      steps: this.#withMark(),
      kept,
      bytes: this.#steps.reduce(
        (sum, step) => sum + (step.action === 'commit' || step.action === 'stream' ? step.bytes : 0),
        0,
      ),
    };
  }

  /** Whatever may be a snapshot's frozen image. */
  #allBases({ external, halfDeleted }: PlannedSnapshot): string[] {
    return external.flatMap(({ overlay, base }) => {
      const found = halfDeleted || overlay === undefined ? undefined : this.#forest.backingOf(overlay);
      return [base, found].filter((file): file is string => file !== undefined);
    });
  }

  /** A snapshot's frozen images, where its document and the overlay agree: what isn't certain is not merged. */
  #certainBases({ external, halfDeleted }: PlannedSnapshot): string[] {
    return external.flatMap(({ overlay, base }) => {
      // An overlay that has been merged already lies on something else now.
      if (halfDeleted || overlay === undefined || !this.#forest.has(overlay)) return base ?? [];
      const found = this.#forest.backingOf(overlay);
      return found !== undefined && (base === undefined || base === found) ? found : [];
    });
  }

  /** What snapshots made: the overlays they tell of, and whatever was put on a frozen image since. */
  #findOurs(): Set<string> {
    const { snapshots, layers } = this.#situation;
    const frozen = new Set([
      ...snapshots.flatMap((snapshot) => this.#allBases(snapshot)),
      ...layers.map(({ file }) => file),
    ]);
    return new Set([
      ...overlaysOf(snapshots),
      ...layers.filter(({ ours }) => ours).map(({ file }) => file),
      ...this.#forest.files.filter((file) =>
        this.#forest
          .chainOf(file)
          .slice(1)
          .some((below) => frozen.has(below)),
      ),
    ]);
  }

  #nameDisks(): Map<string, string> {
    const names = new Map<string, string>();
    for (const { external } of this.#situation.snapshots) {
      for (const { disk, overlay, base } of external) {
        for (const file of [overlay, base]) if (file !== undefined) names.set(file, disk);
      }
    }
    for (const [disk, file] of this.#active)
      for (const each of this.#forest.chainOf(file)) names.set(each, disk);
    return names;
  }

  #isActive(file: string): boolean {
    return [...this.#active.values()].includes(file);
  }

  #isOpen(file: string): boolean {
    return [...this.#active.values()].some((active) => this.#forest.chainOf(active).includes(file));
  }

  #isTagged(file: string): boolean {
    const doomed = this.#doomed.filter(({ internal }) => internal).map(({ name }) => name);
    return this.#forest.get(file).tags.some((tag) => !doomed.includes(tag));
  }

  /** Images that nothing lies on and that nobody is on; each that goes may leave another one so. */
  #removeUnused(): void {
    const overlays = new Set(overlaysOf(this.#doomed));
    const isUnused = (file: string): boolean =>
      (this.#spare.has(file) || overlays.has(file)) &&
      this.#forest.childrenOf(file).length === 0 &&
      this.#ours.has(file) &&
      !this.#isActive(file) &&
      !this.#bases.has(file) &&
      !this.#remainingOverlays.has(file) &&
      !this.#pinned.has(file) &&
      !this.#isTagged(file);
    for (let file = this.#forest.files.find(isUnused); file; file = this.#forest.files.find(isUnused))
      this.#unlink(file);
  }

  #unlink(file: string): void {
    this.#steps.push({ action: 'unlink', file, part: 'image', bytes: this.#forest.get(file).bytes });
    this.#forest.remove(file);
    this.#spare.delete(file);
  }

  #mergeAll(): void {
    const rules: MergeRules = {
      forest: this.#forest,
      isOurs: (file) => this.#ours.has(file),
      isPinned: (file) => this.#pinned.has(file),
      isActive: (file) => this.#isActive(file),
      isTagged: (file) => this.#isTagged(file),
    };
    const next = (): Merge | undefined => {
      for (const upper of this.#forest.files) {
        const run = this.#runBelow(upper);
        const merge = run.length > 0 ? chooseMerge(rules, run, upper) : undefined;
        if (merge) return merge;
      }
      return undefined;
    };
    for (let merge = next(); merge; merge = next()) this.#merge(merge);
  }

  /** The spare images under one that is not to be merged into what lies on it; bottom first. */
  #runBelow(upper: string): string[] {
    if (this.#isLink(upper)) return [];
    const run: string[] = [];
    for (let file = this.#forest.backingOf(upper); file !== undefined; file = this.#forest.backingOf(file)) {
      if (!this.#spare.has(file) || this.#forest.childrenOf(file).length !== 1) break;
      run.unshift(file);
      // What is below one that holds snapshots inside can't become one with it.
      if (this.#isTagged(file)) break;
    }
    return run;
  }

  /** In the middle of a run: neither needed for itself nor with more than one image on it. */
  #isLink(file: string): boolean {
    return this.#spare.has(file) && this.#forest.childrenOf(file).length === 1 && !this.#isTagged(file);
  }

  #merge({ images, target }: Merge): void {
    const into = images[target];
    const [lowest] = images;
    if (into === undefined || lowest === undefined) throw new Error('a merge without images');
    const from = images.slice(0, target);
    const above = images.slice(target + 1);
    if (from.length > 0) this.#stream(into, from, this.#forest.backingOf(lowest));
    if (above.length > 0) this.#commit(into, above);
  }

  #stream(into: string, from: readonly string[], below: string | undefined): void {
    this.#steps.push({
      action: 'stream',
      disk: this.#diskOf(into),
      into,
      from,
      below,
      bytes: this.#sum(from),
      inactive: this.#isOpen(into) ? null : this.#describeChain(into),
    });
    this.#forest.absorb(into, from);
    this.#forest.rebase(into, below);
    if (from.some((file) => this.#remainingOverlays.has(file))) this.#remainingOverlays.add(into);
    for (const file of [...from].reverse()) this.#unlink(file);
  }

  #commit(base: string, images: readonly string[]): void {
    const top = images.at(-1) ?? base;
    const [above] = this.#forest.childrenOf(top);
    this.#steps.push({
      action: 'commit',
      disk: this.#diskOf(top),
      base,
      through: images.slice(0, -1),
      top,
      above,
      bytes: this.#sum(images),
      inactive: this.#isOpen(top) ? null : this.#describeChain(above ?? top),
    });
    this.#forest.absorb(base, images);
    if (above !== undefined) this.#forest.rebase(above, base);
    for (const [disk, file] of this.#active) if (file === top) this.#active.set(disk, base);
    if (this.#bases.has(top)) this.#bases.add(base);
    // It has the state now that top had, which somebody needs.
    this.#spare.delete(base);
    for (const file of [...images].reverse()) this.#unlink(file);
  }

  #sum(files: readonly string[]): number {
    return files.reduce((sum, file) => sum + this.#forest.get(file).bytes, 0);
  }

  #describeChain(file: string): ChainImage[] {
    return this.#forest.chainOf(file).map((each) => ({ file: each, format: this.#forest.get(each).format }));
  }

  #diskOf(file: string): string {
    return this.#disks.get(file) ?? file;
  }

  /** QEMU takes a snapshot only out of an image that it writes to. */
  #removeInternal(): void {
    for (const { name, internal } of this.#doomed) {
      if (!internal) continue;
      const holders = this.#forest.files.filter((file) => this.#forest.get(file).tags.includes(name));
      const below = holders.find((file) => !this.#isActive(file));
      if (below !== undefined) {
        throw new DeleteRefused(
          `snapshot '${name}' is inside image '${below}', which other snapshots rest on: delete those made after it first`,
        );
      }
      if (holders.length > 0) this.#steps.push({ action: 'internal', snapshot: name });
    }
  }

  #removeMemory(): void {
    const { snapshots, foreign, memory } = this.#situation;
    for (const snapshot of this.#doomed) {
      const file = snapshot.memoryFile;
      const bytes = file === undefined ? undefined : memory.get(file);
      const others = snapshots.some((each) => !this.#doomed.includes(each) && each.memoryFile === file);
      if (file === undefined || bytes === undefined || others || foreign.has(file)) continue;
      this.#steps.push({ action: 'unlink', file, part: 'memory', bytes });
    }
  }

  #describeKept(): { file: string; reason: string }[] {
    return [...this.#spare]
      .filter((file) => this.#forest.childrenOf(file).length > 0)
      .map((file) => {
        const children = this.#forest.childrenOf(file).length;
        if (this.#pinned.has(file)) return { file, reason: 'another domain uses it' };
        if (children > 1) return { file, reason: `${children} images lie on it` };
        if (this.#isTagged(file)) return { file, reason: 'it holds snapshots inside' };
        return { file, reason: 'what lies on it cannot be merged into it' };
      });
  }

  /** What must never happen, whatever the planning above comes to. */
  #check(): void {
    const used = this.#forest.closureOf([
      ...this.#forest.files,
      ...this.#active.values(),
      ...this.#situation.foreign,
    ]);
    for (const step of this.#steps) {
      if (step.action === 'unlink' && used.has(step.file))
        throw new Error(`'${step.file}' would be removed while it is used`);
    }
  }

  #withMark(): DeleteStep[] {
    const changing = ['commit', 'stream', 'unlink', 'internal'];
    const first = this.#steps.findIndex(({ action }) => changing.includes(action));
    return first < 0 ? this.#steps : this.#steps.toSpliced(first, 0, { action: 'mark' });
  }
}

const overlaysOf = (snapshots: readonly PlannedSnapshot[]): string[] =>
  snapshots.flatMap(({ external }) =>
    external.flatMap(({ overlay }) => (overlay === undefined ? [] : [overlay])),
  );
