import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context } from './context.js';
import { CommandError, errorLines, InterruptedError } from './errors.js';
import { askChoice } from './question.js';

export interface XmlEdit {
  /** The document as it is now. Called again after editing, to notice a change from elsewhere. */
  readonly read: () => Promise<string>;
  /** Replaces it. `validate` asks the hypervisor to check it against the schema first. */
  readonly replace: (xml: string, validate: boolean) => Promise<void>;
}

const choices = [
  ['y', 'yes, start editor again'],
  ['n', 'no, throw away my changes'],
  ['i', 'turn off validation and try to redefine again'],
  ['f', 'force, try to redefine again'],
] as const;

/**
 * Lets the user edit a document in $VISUAL or $EDITOR. The hypervisor checks the result before it replaces
 * anything; if it refuses and there is someone to ask, the user may edit again, with the text as it was left.
 * @returns whether the document was changed and replaced.
 */
export async function editXml(context: Context, edit: XmlEdit): Promise<boolean> {
  const before = await edit.read();
  const folder = await mkdtemp(join(tmpdir(), 'snapctl-'));
  const path = join(folder, 'edit.xml');
  try {
    await writeFile(path, before, { mode: 0o600, flag: 'wx' });
    let validate = true;
    let again = true;
    for (;;) {
      if (again) await runEditor(path);
      const after = await readFile(path, 'utf8');
      if (after === before) return false;
      let problem: unknown;
      try {
        if ((await edit.read()) !== before) {
          problem = new CommandError('ERROR: the XML configuration was changed by another user');
        } else {
          await edit.replace(after, validate);
          return true;
        }
      } catch (error) {
        if (error instanceof InterruptedError) throw error;
        problem = error;
      }
      if (!context.output.streams.stdin.isTTY) throw new CommandError('Failed.', problem);
      for (const line of errorLines(problem)) context.output.error(line);
      const answer = await askChoice(context, 'Failed. Try again?', choices);
      if (answer === 'n' || answer === undefined) throw new CommandError('Failed.');
      again = answer === 'y';
      validate = answer !== 'i' && validate;
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Runs the editor on a file, with the terminal. Its command line may hold options, separated by blanks. */
async function runEditor(path: string): Promise<void> {
  const line = process.env.VISUAL || process.env.EDITOR || 'vi';
  const [program = 'vi', ...options] = line.split(/\s+/).filter((word) => word !== '');
  const words = [program, ...options, path];
  let child: ChildProcess;
  try {
    child = spawn(program, [...options, path], { stdio: 'inherit' });
    const [status, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    if (status === 0) return;
    const how = status === null ? `fatal signal ${signal}` : `exit status ${status}`;
    throw new CommandError(`internal error: Child process (${words.join(' ')}) unexpected ${how}`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new CommandError(`Cannot find '${program}' in path: No such file or directory`);
    }
    throw error;
  }
}
