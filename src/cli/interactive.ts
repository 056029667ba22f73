import { GrammarError, type ParsedCommand, parseLine } from '../grammar/index.js';
import { defaultURI } from '../hypervisor/index.js';
import {
  type CommandSpec,
  dispatch,
  errorLines,
  type Output,
  type Registry,
  Session,
} from '../shell/index.js';
import { loadShell, paintFirstPrompt } from '../ui/index.js';
import { openerFor } from './connect.js';
import { DebugTrace } from './debug.js';
import type { Globals } from './globals.js';
import { LineReader } from './line-reader.js';
import type { LogFile } from './log-file.js';
import { reserveDescriptors } from './reserve-descriptors.js';

interface InteractOptions {
  readonly globals: Globals;
  readonly output: Output;
  readonly registry: Registry;
  readonly log: LogFile | undefined;
}

const BANNER = `Welcome to snapctl, the virtualization interactive terminal.

Type:  'help' for help with commands
       'quit' to quit

`;

/**
 * Reads commands line by line, from a terminal or from a script on standard input, and runs each line when it
 * has come. As in virsh, a failed line does not end the session and the exit status is 0.
 * @returns the exit status: 1 if a connection asked for by name can't be opened.
 */
export async function interact({ globals, output, registry, log }: InteractOptions): Promise<number> {
  const uri = defaultURI(globals.uri, process.env);
  await reserveDescriptors([uri]);
  const trace = new DebugTrace(globals.debug, output, log);
  const session = new Session(openerFor(globals, 'lanes'), output, uri, globals.readonly);
  if (globals.uri !== undefined || process.env.VIRSH_DEFAULT_CONNECT_URI) {
    try {
      await session.connection();
    } catch (error) {
      for (const line of errorLines(error)) output.error(line);
      return 1;
    }
  }
  const run: SessionRun = { globals, output, registry, session, trace };
  try {
    return await (isTerminal(output) ? inShell(run) : inScript(run));
  } finally {
    await session.close().catch(() => undefined);
  }
}

interface SessionRun extends Pick<InteractOptions, 'globals' | 'output' | 'registry'> {
  readonly session: Session;
  readonly trace: DebugTrace;
}

/** Both ends are a terminal that can move its cursor. */
const isTerminal = ({ streams }: Output): boolean =>
  Boolean(streams.stdin.isTTY && streams.stdout.isTTY) && process.env.TERM !== 'dumb';

async function inShell({ globals, output, registry, session, trace }: SessionRun): Promise<number> {
  const { color } = globals;
  const standing = paintFirstPrompt({ output, session, banner: BANNER, color });
  const runShell = await loadShell(color);
  return runShell({
    output,
    session,
    registry,
    color,
    json: globals.json,
    timing: globals.timing,
    consoleEscape: globals.escape,
    standing,
    banner: BANNER,
    trace: (shell, command, given) => trace.on(shell).command(command, given),
  });
}

/** Reads lines one by one, and shows them as a terminal would have. */
async function inScript({ globals, output, registry, session, trace }: SessionRun): Promise<number> {
  output.extra(BANNER);
  const reader = new LineReader(output, { silent: globals.json });
  let running: AbortController | undefined;
  const onInterrupt = (): void => running?.abort();
  process.on('SIGINT', onInterrupt);
  process.on('SIGTERM', onInterrupt);
  try {
    while (!session.ended) {
      const line = await reader.next(session.prompt);
      if (line === undefined) break;
      const commands = line === '' ? [] : await parse(line, registry, output);
      for (const parsed of commands) trace.command(parsed.command.name, parsed.given);
      running = new AbortController();
      await dispatch(commands, {
        output,
        session,
        registry,
        signal: running.signal,
        interactive: true,
        consoleEscape: globals.escape,
        json: globals.json,
        timing: globals.timing,
      });
      running = undefined;
    }
    // Whatever follows, such as the user's own prompt, begins on a new line.
    if (!globals.json) output.print('\n');
  } finally {
    process.off('SIGINT', onInterrupt);
    process.off('SIGTERM', onInterrupt);
    reader.close();
  }
  return 0;
}

async function parse(
  line: string,
  registry: Registry,
  output: Output,
): Promise<ParsedCommand<CommandSpec>[]> {
  try {
    return await parseLine(line, registry.lookupToRun);
  } catch (error) {
    if (!(error instanceof GrammarError)) throw error;
    for (const message of error.messages) output.error(message);
    return [];
  }
}
