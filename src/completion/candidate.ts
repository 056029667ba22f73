/** One way to go on. */
export interface Candidate {
  /** The whole word as the command would read it, without quotes. */
  readonly text: string;
  /** One line about it. */
  readonly help?: string;
  /** The word may go on after this: no blank is to follow. */
  readonly partial?: boolean;
}
