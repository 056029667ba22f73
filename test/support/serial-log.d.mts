export declare class SerialLog {
  readonly path: string;
  constructor(path: string);
  text(from?: number): string;
  end(): number;
  numbers(word: string, from?: number): number[];
  counter(from?: number): number | undefined;
  waitFor(
    pattern: RegExp,
    options?: { from?: number; timeout?: number; signal?: AbortSignal },
  ): Promise<RegExpExecArray>;
}
