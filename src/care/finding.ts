/** Something that is not as it should be, or that one should know before it matters. */
export interface Finding {
  /** `error`: something does not work or will be lost; `warning`: it may; `note`: worth knowing. */
  readonly severity: 'error' | 'warning' | 'note';
  /** What kind it is, for scripts. */
  readonly code:
    | 'missing-image'
    | 'unreadable-image'
    | 'format-not-recorded'
    | 'header-disagrees'
    | 'wrong-owner'
    | 'wrong-mode'
    | 'snapshot-file-missing'
    | 'orphaned-image'
    | 'orphaned-memory'
    | 'garbage'
    | 'unfinished-operation'
    | 'no-agent-port'
    | 'agent-silent'
    | 'known-bug'
    | 'confined'
    | 'cannot-be-asked';
  readonly domain: string | undefined;
  readonly file: string | undefined;
  readonly message: string;
  /** What mends it, to be given to a shell as it is. */
  readonly command: string;
}

/** A word of a command for a shell. */
export const word = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

export const words = (...all: readonly string[]): string => all.map(word).join(' ');
