import type { ParsedCommand } from '../grammar/index.js';
import type { Connection } from '../hypervisor/index.js';
import { Arguments } from './arguments.js';
import type { CommandSpec } from './command.js';
import type { Context } from './context.js';
import { CommandError, errorLines, InterruptedError, SilentFailure } from './errors.js';
import { toJson } from './json-shape.js';
import type { Output } from './output.js';
import type { Registry } from './registry.js';
import type { Screen } from './screen.js';
import type { Session } from './session.js';

export interface DispatchOptions {
  readonly output: Output;
  readonly session: Session;
  readonly registry: Registry;
  readonly signal: AbortSignal;
  readonly interactive: boolean;
  readonly consoleEscape: string;
  readonly screen?: Screen;
  /** `--json` was given for all commands. */
  readonly json: boolean;
  /** Print how long each command took. */
  readonly timing: boolean;
}

export type Outcome = 'done' | 'failed' | 'interrupted';

/**
 * Runs parsed commands one after the other, going on after a failure, as virsh does.
 * @returns the outcome of the last command that ran; an interrupt ends the sequence.
 */
export async function dispatch(
  commands: readonly ParsedCommand<CommandSpec>[],
  options: DispatchOptions,
): Promise<Outcome> {
  const { output, session, timing } = options;
  let outcome: Outcome = 'done';
  for (const parsed of commands) {
    const json = options.json || parsed.json;
    const start = performance.now();
    const about = { command: parsed.command.name, domain: domainNamed(parsed) };
    session.announce({ event: 'command-began', ...about, long: parsed.command.long === true });
    try {
      await runOne(parsed, json, options);
      outcome = 'done';
    } catch (error) {
      outcome = error instanceof InterruptedError ? 'interrupted' : 'failed';
      session.noteFailure(error);
      for (const line of errorLines(error)) output.error(line);
    }
    await session.release();
    session.announce({ event: 'command-ended', ...about, succeeded: outcome === 'done' });
    if (outcome === 'interrupted' || session.ended) break;
    const time = `(Time: ${(performance.now() - start).toFixed(3)} ms)`;
    // Standard output is JSON alone when that was asked for.
    if (timing && json) output.notice(time);
    else if (timing) output.print(`\n${time}\n\n`);
    else if (!json) output.extra('\n');
  }
  return outcome;
}

/** The domain that a command is about. */
const domainNamed = ({ given }: ParsedCommand<CommandSpec>): string | undefined =>
  given.find(({ name }) => name === 'domain')?.value;

async function runOne(
  parsed: ParsedCommand<CommandSpec>,
  json: boolean,
  options: DispatchOptions,
): Promise<void> {
  const { command } = parsed;
  const { output, session } = options;
  const connection = command.noConnection ? undefined : await session.connection();
  for (const notice of (await connection?.notices()) ?? []) output.notice(notice);
  try {
    await runOn(connection, parsed, json, options);
  } finally {
    for (const notice of (await connection?.lateNotices()) ?? []) output.notice(notice);
  }
}

async function runOn(
  connection: Connection | undefined,
  parsed: ParsedCommand<CommandSpec>,
  json: boolean,
  options: DispatchOptions,
): Promise<void> {
  const { command } = parsed;
  const { output, session } = options;
  let emitted: { value: unknown } | undefined;
  const context: Context = {
    output,
    session,
    registry: options.registry,
    signal: options.signal,
    interactive: options.interactive,
    consoleEscape: options.consoleEscape,
    ...(options.screen ? { screen: options.screen } : {}),
    json,
    get connection(): Connection {
      if (!connection) throw new Error(`command '${command.name}' has no connection`);
      return connection;
    },
    emit(value) {
      emitted = { value };
    },
    emitLine(value) {
      if (json) output.raw(`${toJson(value)}\n`);
    },
  };
  if (!json) {
    await checkAndRun(context, parsed);
    return;
  }
  output.beginCapture();
  let text = '';
  try {
    await checkAndRun(context, parsed);
  } catch (error) {
    // What was found is told by the value, not by a message: it stands although the status is one of failure.
    if (error instanceof SilentFailure && emitted) output.raw(`${toJson(emitted.value)}\n`);
    throw error;
  } finally {
    text = output.endCapture();
  }
  if (command.jsonLines && !emitted) return;
  output.raw(`${toJson(emitted ? emitted.value : { message: text.trim() })}\n`);
}

async function checkAndRun(context: Context, parsed: ParsedCommand<CommandSpec>): Promise<void> {
  const given = new Set(parsed.given.map((option) => option.name));
  for (const rule of parsed.command.rules ?? []) {
    if ('exclusive' in rule) {
      const [a, b] = rule.exclusive;
      if (given.has(a) && given.has(b)) {
        throw new CommandError(`Options --${a} and --${b} are mutually exclusive`);
      }
    } else if (given.has(rule.option) && !given.has(rule.requires)) {
      throw new CommandError(`Option --${rule.requires} is required by option --${rule.option}`);
    }
  }
  await parsed.command.run(context, new Arguments(parsed));
}
