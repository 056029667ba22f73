import { GrammarError, type ParsedCommand, parseLine } from '../grammar/index.js';
import { type Connection, defaultURI } from '../hypervisor/index.js';
import {
  type CommandSpec,
  dispatch,
  errorLines,
  type Output,
  type Registry,
  Session,
} from '../shell/index.js';
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
  output.extra(BANNER);
  const reader = new LineReader(output, {
    silent: globals.json,
    complete: async (line) => {
      const { completeLine } = await import('../completion/index.js');
      const connection = (): Promise<Connection> => session.connection();
      const { start, candidates } = await completeLine(line, line.length, { registry, connection });
      // What the search took from the hypervisor is of no further use.
      await session.release();
      return { start, texts: candidates.map(({ insert }) => insert) };
    },
  });
  let running: AbortController | undefined;
  const onInterrupt = (): void => running?.abort();
  process.on('SIGINT', onInterrupt);
  process.on('SIGTERM', onInterrupt);
  try {
    while (!session.ended) {
      const line = await reader.next(session.readonly ? 'snapctl > ' : 'snapctl # ');
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
    await session.close().catch(() => undefined);
  }
  return 0;
}

async function parse(
  line: string,
  registry: Registry,
  output: Output,
): Promise<ParsedCommand<CommandSpec>[]> {
  try {
    return await parseLine(line, registry.lookup);
  } catch (error) {
    if (!(error instanceof GrammarError)) throw error;
    for (const message of error.messages) output.error(message);
    return [];
  }
}
