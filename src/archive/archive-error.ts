import type { ArchiveProblem } from './contract.js';

/** One sentence about one archive, fit for a user; `problem` for programs. */
export class ArchiveError extends Error {
  override readonly name = 'ArchiveError';

  constructor(
    readonly problem: ArchiveProblem,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
