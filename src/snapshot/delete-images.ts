/** An image file as planning sees it. Files are named by their real paths. */
export interface PlannedImage {
  readonly file: string;
  readonly format: string;
  /** The image it lies on; undefined for one that is complete by itself. */
  readonly backing: string | undefined;
  /** Bytes on the host's disk: about what has to be moved to merge it into another. */
  readonly bytes: number;
  /** Bytes the guest sees. */
  readonly size: number;
  /** It can be made larger: a file, no device. */
  readonly growable: boolean;
  /** Names of the snapshots that it holds inside. */
  readonly tags: readonly string[];
}

/** Which image lies on which, while a plan is being made: each planned step changes it. */
export class ImageForest {
  readonly #images: Map<string, PlannedImage>;

  constructor(images: ReadonlyMap<string, PlannedImage>) {
    this.#images = new Map(images);
  }

  get files(): string[] {
    return [...this.#images.keys()];
  }

  has(file: string): boolean {
    return this.#images.has(file);
  }

  get(file: string): PlannedImage {
    const image = this.#images.get(file);
    if (!image) throw new Error(`image '${file}' is not known`);
    return image;
  }

  backingOf(file: string): string | undefined {
    return this.#images.get(file)?.backing;
  }

  childrenOf(file: string): string[] {
    return [...this.#images.values()].filter(({ backing }) => backing === file).map((image) => image.file);
  }

  /** The known files from an image down, itself first. */
  chainOf(file: string): string[] {
    const chain: string[] = [];
    let next: string | undefined = file;
    while (next !== undefined && !chain.includes(next) && this.has(next)) {
      chain.push(next);
      next = this.backingOf(next);
    }
    return chain;
  }

  /** Every file that one of these needs: themselves and all below them. */
  closureOf(files: Iterable<string>): Set<string> {
    const closure = new Set<string>();
    for (const file of files) {
      closure.add(file);
      for (const below of this.chainOf(file)) closure.add(below);
    }
    return closure;
  }

  rebase(file: string, backing: string | undefined): void {
    this.#images.set(file, { ...this.get(file), backing });
  }

  /** An image takes what others held. */
  absorb(file: string, others: readonly string[]): void {
    const taken = others.map((other) => this.get(other));
    const image = this.get(file);
    this.#images.set(file, {
      ...image,
      bytes: image.bytes + taken.reduce((sum, { bytes }) => sum + bytes, 0),
      size: Math.max(image.size, ...taken.map(({ size }) => size)),
    });
  }

  remove(file: string): void {
    this.#images.delete(file);
  }
}
