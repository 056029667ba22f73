import { once } from 'node:events';
import { access, constants, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { constants as osConstants, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Context } from './context.js';
import { CommandError, InterruptedError } from './errors.js';
import { readTextFile } from './read-file.js';
import { shellQuote } from './shell-quote.js';
import { orFileError, systemErrorText } from './system-error.js';
import { lendTerminal } from './terminal-loan.js';

/**
 * Puts a text into a file of its own and lets the user edit it there.
 * @param use gets a function that opens the editor, on the text as it was last left, and returns what it has
 *   become. The file is gone afterwards.
 * @throws CommandError the file can't be written or read, or the editor fails; InterruptedError.
 */
export async function withEditedText<T>(
  context: Context,
  text: string,
  use: (edit: () => Promise<string>) => Promise<T>,
): Promise<T> {
  // A folder for the user alone: the text may hold secrets, and editors leave backup files beside it.
  const folder = await orFileError('failed to create temporary file', mkdtemp(join(tmpdir(), 'snapctl-')));
  const path = join(folder, 'edit.xml');
  try {
    await orFileError(`${path}: failed to write to temporary file`, writeFile(path, text, { mode: 0o600 }));
    return await use(async () => {
      await runEditor(context, path);
      return readBack(path);
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function readBack(path: string): Promise<string> {
  try {
    return await readTextFile(path);
  } catch (error) {
    throw new CommandError(`${path}: failed to read temporary file`, error);
  }
}

/** A command line of these characters alone is a program's name; with any other it is for the shell to read. */
const PLAIN_NAME = /^[A-Za-z0-9\-/_.:@]+$/;

/** Debian's own choice of editor where it is installed. */
async function defaultEditor(): Promise<string> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const found = await access(join(folder, 'sensible-editor'), constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return 'sensible-editor';
  }
  return 'vi';
}

/** Runs the user's editor on a file, with the terminal, and waits for its end. */
async function runEditor(context: Context, path: string): Promise<void> {
  const line = process.env.VISUAL || process.env.EDITOR || (await defaultEditor());
  const words = PLAIN_NAME.test(line) ? [line, path] : ['sh', '-c', `${line} ${shellQuote(path)}`];
  const [program = line, ...rest] = words;
  const { status, signal } = await lendTerminal(
    context.output.streams,
    async () => {
      // An interrupt typed into the editor is the editor's; it must not end this program with the text half done.
      process.on('SIGINT', ignore);
      try {
        const { spawn } = await import('node:child_process');
        const child = spawn(program, rest, { stdio: 'inherit' });
        const [code, killer] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
        return { status: code, signal: killer };
      } catch (error) {
        throw program.includes('/')
          ? new CommandError(`cannot execute binary ${program}: ${systemErrorText(error)}`)
          : new CommandError(`Cannot find '${program}' in path: ${systemErrorText(error)}`);
      } finally {
        process.off('SIGINT', ignore);
      }
    },
    { display: true },
  );
  if (context.signal.aborted) throw new InterruptedError('interrupted');
  if (status === 0) return;
  const how = status === null ? `fatal signal ${signalNumber(signal)}` : `exit status ${status}`;
  throw new CommandError(
    `internal error: Child process (${words.map(shellQuote).join(' ')}) unexpected ${how}`,
  );
}

const ignore = (): void => {};

const signalNumber = (signal: NodeJS.Signals | null): number | null =>
  signal === null ? null : osConstants.signals[signal];
