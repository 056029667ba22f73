export declare class PseudoTerminal {
  /** Settles when the program has ended. */
  readonly gone: Promise<unknown>;
  /** All that the program has written, without what was dropped. */
  text: string;
  constructor(
    command: readonly string[],
    options?: { columns?: number; rows?: number; env?: NodeJS.ProcessEnv },
  );
  write(text: string): void;
  stall(): void;
  read(): void;
  drop(): void;
  /** @returns when the last of it came */
  until(passes: (text: string) => boolean, patience?: number): Promise<number>;
  close(): Promise<void>;
}
