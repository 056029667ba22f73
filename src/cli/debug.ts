import type { GivenOption } from '../grammar/index.js';
import type { Output } from '../shell/index.js';
import { type LogFile, type LogLevel, levelNumber } from './log-file.js';

/** virsh's `-d`: messages of at least the chosen level go to standard output and to the log file. */
export class DebugTrace {
  readonly #threshold: number;
  readonly #output: Output;
  readonly #log: LogFile | undefined;

  constructor(threshold: number, output: Output, log: LogFile | undefined) {
    this.#threshold = threshold;
    this.#output = output;
    this.#log = log;
  }

  /** The same on another output. */
  on(output: Output): DebugTrace {
    return new DebugTrace(this.#threshold, output, this.#log);
  }

  say(level: LogLevel, message: string): void {
    if (levelNumber(level) < this.#threshold) return;
    this.#output.print(`${message}\n`);
    this.#log?.write(level, message);
  }

  /** What each option of a parsed command was bound to. */
  command(name: string, given: readonly GivenOption[]): void {
    for (const option of given) {
      const kind = option.value === undefined ? 'bool' : 'optdata';
      this.say('INFO', `${name}: ${option.name}(${kind}): ${option.value ?? '(none)'}`);
    }
  }
}
