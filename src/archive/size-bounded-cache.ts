/** Keeps what was used last, up to a number of bytes; what is being loaded is loaded once. */
export class SizeBoundedCache<T> {
  readonly #maxBytes: number;
  readonly #sizeOf: (value: T) => number;
  readonly #values = new Map<string, T>();
  readonly #loading = new Map<string, Promise<T>>();
  #bytes = 0;

  constructor(maxBytes: number, sizeOf: (value: T) => number) {
    this.#maxBytes = maxBytes;
    this.#sizeOf = sizeOf;
  }

  async get(key: string, load: () => Promise<T>): Promise<T> {
    const value = this.#values.get(key);
    if (value !== undefined) {
      this.#values.delete(key);
      this.#values.set(key, value);
      return value;
    }
    const loading = this.#loading.get(key);
    if (loading) return loading;
    const promise = load();
    this.#loading.set(key, promise);
    try {
      const loaded = await promise;
      this.#keep(key, loaded);
      return loaded;
    } finally {
      this.#loading.delete(key);
    }
  }

  #keep(key: string, value: T): void {
    this.#values.set(key, value);
    this.#bytes += this.#sizeOf(value);
    for (const [oldest, old] of this.#values) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#values.delete(oldest);
      this.#bytes -= this.#sizeOf(old);
    }
  }
}
