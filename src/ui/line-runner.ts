import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import type { Writable } from 'node:stream';
import {
  GrammarError,
  type ParsedCommand,
  parseLine,
  type Redirection,
  splitRedirection,
} from '../grammar/index.js';
import {
  CommandError,
  type CommandSpec,
  dispatch,
  errorLines,
  type Output,
  type Screen,
  systemErrorText,
} from '../shell/index.js';
import { pager, runInShell, runPipe } from './child-process.js';
import type { ShellOptions } from './shell-options.js';

export interface LineContext {
  readonly output: Output;
  readonly signal: AbortSignal;
  readonly screen: Screen;
}

type Commands = readonly ParsedCommand<CommandSpec>[];

/** Runs the lines of the interactive shell: commands, `!command`, and output that goes elsewhere. */
export class LineRunner {
  readonly #options: ShellOptions;

  constructor(options: ShellOptions) {
    this.#options = options;
  }

  /** Runs one line. What goes wrong is said on the context's output. */
  async run(line: string, context: LineContext): Promise<void> {
    const { output } = context;
    try {
      const bang = /^\s*!(.*)$/s.exec(line);
      if (bang) await runInShell(output.streams, (bang[1] as string).trim());
      else await this.#runCommands(line, context);
    } catch (error) {
      if (error instanceof GrammarError) for (const message of error.messages) output.error(message);
      else for (const message of errorLines(error)) output.error(message);
    }
  }

  /** As in virsh, the whole line is parsed before anything of it runs. */
  async #runCommands(line: string, context: LineContext): Promise<void> {
    const { redirection, ...parts } = splitRedirection(line);
    const before = await this.#parse(parts.before);
    const redirected = await this.#parse(parts.command);
    const after = await this.#parse(parts.after);
    for (const { command, given } of [...before, ...redirected, ...after])
      this.#options.trace(context.output, command.name, given);
    const ended = (): boolean => context.signal.aborted || this.#options.session.ended;
    await this.#dispatch(before, context);
    if (redirection && !ended()) {
      await this.#redirect(redirection, context, (output) =>
        this.#dispatch(redirected, { ...context, output }),
      );
    }
    if (!ended()) await this.#dispatch(after, context);
  }

  #parse(text: string): Promise<Commands> {
    return parseLine(text, this.#options.registry.lookupToRun);
  }

  async #dispatch(commands: Commands, { output, signal, screen }: LineContext): Promise<void> {
    const { session, registry, json, timing, consoleEscape } = this.#options;
    const options = { session, registry, json, timing, consoleEscape, interactive: true };
    await dispatch(commands, { ...options, output, signal, screen });
  }

  async #redirect(
    target: Redirection,
    { output }: LineContext,
    run: (output: Output) => Promise<void>,
  ): Promise<void> {
    const into = (stdout: Writable): Output => output.on({ ...output.streams, stdout });
    if (target.kind === 'pipe') {
      await runPipe(output.streams, target.command || pager(), (stdin) => run(into(stdin)));
      return;
    }
    const file = createWriteStream(target.path, { flags: target.append ? 'a' : 'w' });
    try {
      await once(file, 'open');
    } catch (error) {
      throw new CommandError(`failed to open '${target.path}': ${systemErrorText(error)}`);
    }
    let failure: unknown;
    file.on('error', (error) => {
      failure = error;
    });
    await run(into(file));
    await new Promise<void>((resolve) => file.close(() => resolve()));
    if (failure) throw new CommandError(`failed to write '${target.path}': ${systemErrorText(failure)}`);
  }
}
