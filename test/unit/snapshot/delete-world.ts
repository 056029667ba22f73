import type { PlannedImage } from '../../../src/snapshot/delete-images.js';
import {
  type CommitStep,
  type DeleteSituation,
  type DeleteStep,
  type KeptLayer,
  type PlannedSnapshot,
  renameAfter,
  type StreamStep,
} from '../../../src/snapshot/delete-model.js';

/** A generator of numbers that look random and are the same for the same seed (mulberry32). */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** From 0 up to and without `below`. */
  roll(below: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  }

  chance(percent: number): boolean {
    return this.roll(100) < percent;
  }

  pick<T>(from: readonly T[]): T {
    const found = from[this.roll(from.length)];
    if (found === undefined) throw new Error('nothing to pick from');
    return found;
  }
}

/** Block number -> what was written; 0 is a zero that was written. */
type Blocks = Map<number, number>;

interface SimulatedImage {
  backing: string | undefined;
  size: number;
  blocks: Blocks;
  readonly tags: Map<string, { readonly blocks: Blocks; readonly size: number }>;
}

interface SimulatedSnapshot {
  readonly name: string;
  parent: string | undefined;
  readonly external: { disk: string; overlay: string; base: string }[];
  readonly internal: boolean;
  readonly memoryFile: string | undefined;
  halfDeleted: boolean;
}

export interface Habits {
  /** Percent of the images' users that are other domains. */
  readonly foreign: number;
  readonly internal: number;
  readonly resize: number;
  readonly revert: number;
  readonly withoutMetadata: number;
}

/** Images as maps of blocks, with the snapshots that a guest's history left on them, and what QEMU does to them. */
export class World {
  readonly images = new Map<string, SimulatedImage>();
  readonly active = new Map<string, string>();
  snapshots: SimulatedSnapshot[] = [];
  layers: readonly KeptLayer[] = [];
  readonly memory = new Map<string, number>();
  readonly foreign = new Set<string>();
  /** What every remaining reader reads, by who it is; as it was when it was last looked at. */
  readonly roots: readonly string[];
  #current: string | undefined;
  #count = 0;
  readonly #dice: Dice;

  constructor(dice: Dice) {
    this.#dice = dice;
    const golden = dice.chance(30);
    if (golden) this.#create('golden', undefined, 4 + dice.roll(8));
    const disks = ['vda', 'vdb'].slice(0, 1 + dice.roll(2));
    for (const disk of disks) {
      const root = `${disk}-root`;
      this.#create(root, golden && dice.chance(70) ? 'golden' : undefined, 8);
      this.active.set(disk, root);
    }
    this.roots = [...this.images.keys()];
    for (const file of this.images.keys()) this.write(file, 6);
  }

  /** Lets the guest and its user do things for a while. */
  live(moments: number, habits: Habits): void {
    for (let moment = 0; moment < moments; moment++) {
      for (const file of this.active.values()) this.write(file, this.#dice.roll(4));
      this.#happen(this.#dice.roll(100), habits);
    }
  }

  #happen(percent: number, habits: Habits): void {
    const happenings: readonly (readonly [share: number, happen: () => unknown])[] = [
      [habits.foreign, () => this.#cloneElsewhere()],
      [habits.internal, () => this.#takeInternal()],
      [habits.resize, () => this.#grow()],
      [habits.revert, () => this.#revert()],
      [habits.withoutMetadata, () => this.#putOverlays([...this.active.keys()])],
      [100, () => this.#takeExternal()],
    ];
    let sum = 0;
    const found = happenings.find(([share]) => {
      sum += share;
      return percent < sum;
    });
    found?.[1]();
  }

  write(file: string, times: number): void {
    const image = this.image(file);
    for (let time = 0; time < times; time++)
      image.blocks.set(this.#dice.roll(image.size), this.#dice.roll(1_000_000));
  }

  image(file: string): SimulatedImage {
    const image = this.images.get(file);
    if (!image) throw new Error(`there is no image ${file}`);
    return image;
  }

  #create(file: string, backing: string | undefined, size: number): void {
    this.images.set(file, { backing, size, blocks: new Map(), tags: new Map() });
  }

  #putOverlays(disks: readonly string[]): { disk: string; overlay: string; base: string }[] {
    return disks.map((disk) => {
      const base = this.active.get(disk) ?? '';
      const overlay = `${disk}-${++this.#count}`;
      this.#create(overlay, base, this.image(base).size);
      this.active.set(disk, overlay);
      return { disk, overlay, base };
    });
  }

  #takeExternal(): void {
    const all = [...this.active.keys()];
    const disks = this.#dice.chance(80) ? all : [this.#dice.pick(all)];
    const name = `s${++this.#count}`;
    const memoryFile = this.#dice.chance(40) ? `${name}.mem` : undefined;
    if (memoryFile !== undefined) this.memory.set(memoryFile, 100);
    this.#record({ name, external: this.#putOverlays(disks), internal: false, memoryFile });
  }

  #takeInternal(): void {
    const name = `i${++this.#count}`;
    for (const file of this.active.values()) {
      const image = this.image(file);
      image.tags.set(name, { blocks: new Map(image.blocks), size: image.size });
    }
    this.#record({ name, external: [], internal: true, memoryFile: undefined });
  }

  #record(snapshot: Omit<SimulatedSnapshot, 'parent' | 'halfDeleted'>): void {
    this.snapshots.push({ ...snapshot, parent: this.#current, halfDeleted: false });
    this.#current = snapshot.name;
  }

  #revert(): void {
    const possible = this.snapshots.filter(({ internal }) => !internal);
    if (possible.length === 0) return;
    const { name, external } = this.#dice.pick(possible);
    for (const { disk, base } of external) {
      const fresh = `${disk}-${++this.#count}`;
      this.#create(fresh, base, this.image(base).size);
      const old = this.active.get(disk) ?? '';
      this.active.set(disk, fresh);
      // What no snapshot tells of and nothing lies on is lost by going back.
      const told = this.snapshots.some((each) => each.external.some(({ overlay }) => overlay === old));
      if (!told && !this.roots.includes(old) && this.childrenOf(old).length === 0 && this.#isBare(old))
        this.images.delete(old);
    }
    this.#current = name;
  }

  #isBare(file: string): boolean {
    return this.image(file).tags.size === 0;
  }

  #cloneElsewhere(): void {
    const backing = this.#dice.pick([...this.images.keys()].filter((file) => !this.#isWritten(file)));
    const clone = `elsewhere-${++this.#count}`;
    this.#create(clone, backing, this.image(backing).size);
    this.write(clone, 2);
    this.foreign.add(clone);
  }

  #isWritten(file: string): boolean {
    return [...this.active.values()].includes(file) && !this.roots.includes(file);
  }

  #grow(): void {
    this.image(this.#dice.pick([...this.active.values()])).size += 1 + this.#dice.roll(3);
  }

  childrenOf(file: string): string[] {
    return [...this.images].filter(([, { backing }]) => backing === file).map(([name]) => name);
  }

  /** One block as a reader of the image sees it; beyond the end of any image there are zeroes. */
  read(file: string, block: number, blocks = this.image(file).blocks, size = this.image(file).size): number {
    if (block >= size) return 0;
    const { backing } = this.image(file);
    return blocks.get(block) ?? (backing === undefined ? 0 : this.read(backing, block));
  }

  contents(file: string, tag?: string): string {
    const image = this.image(file);
    const { blocks, size } = tag === undefined ? image : (image.tags.get(tag) ?? image);
    return Array.from({ length: size }, (_, block) => this.read(file, block, blocks, size)).join(' ');
  }

  /** What all those read who must not notice that snapshots are deleted. */
  readings(doomed: readonly string[]): Record<string, string> {
    const readings: Record<string, string> = {};
    for (const [disk, file] of this.active) readings[`guest ${disk}`] = this.contents(file);
    for (const file of this.foreign) readings[`elsewhere ${file}`] = this.contents(file);
    for (const { name, external, halfDeleted } of this.snapshots) {
      if (doomed.includes(name) || halfDeleted) continue;
      for (const { disk, base } of external) readings[`${name} ${disk}`] = this.contents(base);
    }
    for (const [file, { tags }] of this.images) {
      for (const tag of tags.keys())
        if (!doomed.includes(tag)) readings[`${tag} of ${file.split('-')[0]}`] = '';
    }
    for (const [file, { tags }] of this.images) {
      for (const tag of tags.keys()) {
        const key = `${tag} of ${file.split('-')[0]}`;
        if (key in readings) readings[key] += this.contents(file, tag);
      }
    }
    return readings;
  }

  situation(): DeleteSituation {
    const images = new Map<string, PlannedImage>();
    for (const [file, { backing, size, blocks, tags }] of this.images) {
      const planned = { file, format: 'qcow2', backing, size, bytes: blocks.size, growable: true };
      images.set(file, { ...planned, tags: [...tags.keys()] });
    }
    const snapshots: PlannedSnapshot[] = this.snapshots.map((snapshot) => ({ ...snapshot }));
    const active = [...this.active].map(([disk, file]) => ({ disk, file }));
    return { snapshots, images, active, foreign: this.foreign, layers: this.layers, memory: this.memory };
  }

  /** Names of what is below a snapshot, children before parents. */
  below(name: string): string[] {
    return this.snapshots
      .filter(({ parent }) => parent === name)
      .flatMap((child) => [...this.below(child.name), child.name]);
  }

  /** Does what a step says. @param share of the blocks that are moved before everything ends; all if left out. */
  carryOut(step: DeleteStep, doomed: readonly string[], share?: number): void {
    if (step.action === 'commit') this.#commit(step, share);
    else if (step.action === 'stream') this.#stream(step, share);
    else if (share !== undefined) return;
    else if (step.action === 'mark') for (const each of this.#named(doomed)) each.halfDeleted = true;
    else if (step.action === 'unlink') this.#unlink(step.file, doomed);
    else if (step.action === 'layers') this.layers = step.layers;
    else if (step.action === 'internal') {
      for (const file of this.active.values()) this.image(file).tags.delete(step.snapshot);
    } else this.#forget(step.snapshot);
    if (share === undefined) this.#rename(step, doomed);
  }

  #named(names: readonly string[]): SimulatedSnapshot[] {
    return this.snapshots.filter(({ name }) => names.includes(name));
  }

  /** Blocks that an image, or one between it and the base, holds: an image's end hides what is below it. */
  #isAllocatedAbove(file: string, base: string | undefined, block: number): boolean {
    for (let next: string | undefined = file; next !== undefined && next !== base; ) {
      const image = this.image(next);
      if (image.blocks.has(block) || block >= image.size) return true;
      next = image.backing;
    }
    return false;
  }

  #copy(from: string, base: string | undefined, into: SimulatedImage, size: number, share = 1): void {
    const values = Array.from({ length: size }, (_, block) => ({
      block,
      held: this.#isAllocatedAbove(from, base, block),
      value: this.read(from, block),
    }));
    for (const { block, held, value } of values) {
      if (held && (share === 1 || this.#dice.chance(share * 100))) into.blocks.set(block, value);
    }
  }

  #commit(step: CommitStep, share?: number): void {
    if (!this.images.has(step.top) || this.#isDone(step)) return;
    const base = this.image(step.base);
    const chain = [...step.through, step.top];
    for (const [index, file] of chain.entries()) {
      if (this.image(file).backing !== (chain[index - 1] ?? step.base)) throw new Error('no chain to commit');
    }
    for (let block = base.size; block < this.image(step.top).size; block++) base.blocks.set(block, 0);
    base.size = Math.max(base.size, this.image(step.top).size);
    this.#copy(step.top, step.base, base, this.image(step.top).size, share);
    if (share !== undefined) return;
    if (step.above !== undefined) this.image(step.above).backing = step.base;
    for (const [disk, file] of this.active) if (file === step.top) this.active.set(disk, step.base);
  }

  #isDone({ above, top }: CommitStep): boolean {
    return above === undefined ? ![...this.active.values()].includes(top) : this.image(above).backing !== top;
  }

  #stream({ into, from, below }: StreamStep, share?: number): void {
    const image = this.image(into);
    if (image.backing === below && from.length > 0) return;
    for (const [index, file] of [...from, into].entries()) {
      if (this.image(file).backing !== (from[index - 1] ?? below)) throw new Error('no chain to stream');
    }
    this.#copy(into, below, image, image.size, share);
    if (share === undefined) image.backing = below;
  }

  #unlink(file: string, doomed: readonly string[]): void {
    if (this.memory.delete(file) || !this.images.has(file)) return;
    if (this.roots.includes(file)) throw new Error(`${file} is not for snapctl to remove`);
    if (this.childrenOf(file).length > 0) throw new Error(`${file} is still lain on`);
    if ([...this.active.values()].includes(file)) throw new Error(`${file} is in use`);
    const reader = this.snapshots.find(
      ({ name, external, halfDeleted }) =>
        !doomed.includes(name) && !halfDeleted && external.some(({ base }) => base === file),
    );
    if (reader) throw new Error(`${file} is the state of ${reader.name}`);
    this.images.delete(file);
  }

  #forget(name: string): void {
    const gone = this.snapshots.find((snapshot) => snapshot.name === name);
    if (!gone) return;
    for (const child of this.snapshots) if (child.parent === name) child.parent = gone.parent;
    this.snapshots = this.snapshots.filter((snapshot) => snapshot !== gone);
    if (this.#current === name) this.#current = gone.parent;
  }

  #rename(step: DeleteStep, doomed: readonly string[]): void {
    const rename = renameAfter(step);
    if (!rename) return;
    for (const { name, external } of this.snapshots) {
      if (doomed.includes(name)) continue;
      for (const disk of external) if (rename.from.includes(disk[rename.part])) disk[rename.part] = rename.to;
    }
  }
}
