import { constants } from 'node:os';
import { registry } from '../../commands/index.js';
import { GrammarError, type ParsedCommand, parseLine, parseWords } from '../grammar/index.js';
import { defaultURI } from '../hypervisor/index.js';
import {
  type CommandSpec,
  dispatch,
  errorLines,
  type Outcome,
  Output,
  Session,
  type Streams,
} from '../shell/index.js';
import { openerFor } from './connect.js';
import { DebugTrace } from './debug.js';
import { type Globals, parseGlobals, UsageError } from './globals.js';
import { LogFile } from './log-file.js';
import { reserveDescriptors } from './reserve-descriptors.js';

/** What ends a long command early, after it has put the guest back as it was. */
const interrupts = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** How the program ends: its status, and whether calls may still be blocked on other threads. */
export interface Ending {
  readonly status: number;
  readonly threads: boolean;
}

const withoutThreads = (status: number): Ending => ({ status, threads: false });

/**
 * The whole program but for the process that it runs in.
 * @param argv the words after the program's name.
 */
export async function runProgram(argv: readonly string[], streams: Streams): Promise<Ending> {
  let globals: Globals;
  let log: LogFile | undefined;
  try {
    globals = parseGlobals(argv, process.env);
    log = globals.log === undefined ? undefined : new LogFile(globals.log);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    new Output(streams, { quiet: false }).error(error.message);
    return withoutThreads(1);
  }
  const output = new Output(streams, {
    quiet: globals.quiet,
    onError: (line) => log?.write('ERROR', line),
  });
  for (const warning of globals.warnings) output.error(warning);
  if (globals.action !== 'run') {
    const { inform } = await import('./inform.js');
    await inform(globals.action, output, registry);
    return withoutThreads(0);
  }
  if (globals.words.length === 0) {
    const { interact } = await import('./interactive.js');
    return { status: await interact({ globals, output, registry, log }), threads: true };
  }
  return runOnce(globals, output, log);
}

/** Runs the command or commands of the program's own line. */
async function runOnce(globals: Globals, output: Output, log: LogFile | undefined): Promise<Ending> {
  const trace = new DebugTrace(globals.debug, output, log);
  const [first = '', ...rest] = globals.words;
  if (rest.length === 0 && first === '') return withoutThreads(1);
  let commands: ParsedCommand<CommandSpec>[];
  try {
    if (rest.length === 0) {
      trace.say('DEBUG', `commands: "${first}"`);
      commands = await parseLine(first, registry.lookupToRun);
    } else {
      commands = await parseWords(globals.words, registry.lookupToRun);
    }
  } catch (error) {
    if (!(error instanceof GrammarError)) throw error;
    for (const message of error.messages) output.error(message);
    return withoutThreads(1);
  }
  for (const parsed of commands) trace.command(parsed.command.name, parsed.given);

  const uri = defaultURI(globals.uri, process.env);
  await reserveDescriptors([uri, ...commands.flatMap(({ given }) => given.map((option) => option.value))]);
  const long = commands.some(needsThreads) || globals.keepalive !== undefined;
  const session = new Session(openerFor(globals, long ? 'lanes' : 'direct'), output, uri, globals.readonly);
  const interrupt = new AbortController();
  const abort = (name: NodeJS.Signals): void => interrupt.abort(name);
  if (long) for (const name of interrupts) process.on(name, abort);
  try {
    try {
      // A connection that was named must work even for commands that need none, as in virsh. Not so a bare QEMU that is
      // to be started from what was saved of it, or whose death is to be mended.
      const named = globals.uri !== undefined || process.env.VIRSH_DEFAULT_CONNECT_URI;
      const gone = uri?.startsWith('qmp:') && commands.every(({ command }) => command.noConnection);
      if (named && !gone) await session.connection();
    } catch (error) {
      for (const line of errorLines(error)) output.error(line);
      return { status: 1, threads: long };
    }
    const outcome = await dispatch(commands, {
      output,
      session,
      registry,
      signal: interrupt.signal,
      interactive: false,
      consoleEscape: globals.escape,
      json: globals.json,
      timing: globals.timing,
    });
    await session.close().catch(() => undefined);
    return { status: exitStatus(outcome, interrupt.signal), threads: long };
  } finally {
    for (const name of interrupts) process.off(name, abort);
  }
}

/** Whether something must be heard while the command's calls are under way. */
function needsThreads({ command, given }: ParsedCommand<CommandSpec>): boolean {
  const { long, attaches } = command;
  if (long || attaches === true) return true;
  return attaches !== undefined && given.some(({ name }) => name === attaches.with);
}

/** An interrupted command ends as a shell would report a program that the signal had killed. */
function exitStatus(outcome: Outcome, signal: AbortSignal): number {
  if (outcome !== 'interrupted') return outcome === 'done' ? 0 : 1;
  const name = interrupts.find((each) => each === signal.reason) ?? 'SIGINT';
  return 128 + constants.signals[name];
}
