import type { Connection } from '../hypervisor/index.js';
import type { CommandSpec } from '../shell/index.js';
import type { Candidate } from './candidate.js';

/** What a completer may know about the line. */
export interface CompletionRequest {
  readonly command: CommandSpec;
  /** The value as typed so far. */
  readonly prefix: string;
  /** Values of options that the line gives already, in order. */
  given(option: string): readonly string[];
  /** Opens the connection when it is first asked for. @throws when there is none to be had. */
  connection(): Promise<Connection>;
  /** Whether `help` beyond the bare text is wanted, even if it costs further calls. */
  readonly describe: boolean;
}

/** Values that an option may take. Need not be filtered by the prefix. */
export type Completer = (request: CompletionRequest) => Promise<readonly Candidate[]>;
