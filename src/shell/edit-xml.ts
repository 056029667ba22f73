import type { Context } from './context.js';
import { CommandError, errorLines, InterruptedError, SilentFailure } from './errors.js';
import { askChoice } from './question.js';
import { withEditedText } from './text-editor.js';

export interface XmlEdit {
  /** The document as it is now. Called again after editing, to notice a change from elsewhere. */
  readonly read: () => Promise<string>;
  /** Replaces it. `validate` asks the hypervisor to check it against the schema first. */
  readonly replace: (xml: string, validate: boolean) => Promise<void>;
  /**
   * The document is checked against a schema at first, and the user may turn that off when it is refused.
   * Without it `replace` is never asked to validate.
   */
  readonly validated?: boolean;
  /** Replace the document even if the user has left it as it was. */
  readonly always?: boolean;
}

const again = ['y', 'yes, start editor again'] as const;
const discard = ['n', 'no, throw away my changes'] as const;
const relax = ['i', 'turn off validation and try to redefine again'] as const;
const force = ['f', 'force, try to redefine again'] as const;

/**
 * Lets the user edit a document in $VISUAL or $EDITOR. The hypervisor checks the result before it replaces
 * anything; if it refuses and there is someone to ask, the user may edit again, with the text as it was left.
 * @returns whether the document was replaced.
 * @throws CommandError the result was refused and nothing is changed; SilentFailure if the user has given up.
 */
export async function editXml(context: Context, edit: XmlEdit): Promise<boolean> {
  const before = await edit.read();
  return withEditedText(context, before, (open) => editAndReplace(context, edit, before, open));
}

async function editAndReplace(
  context: Context,
  { read, replace, validated = false, always = false }: XmlEdit,
  original: string,
  open: () => Promise<string>,
): Promise<boolean> {
  let before = original;
  let validate = validated;
  let after = await open();
  while (always || after !== before) {
    const now = await read();
    let refusal: CommandError;
    if (now === before) {
      const problem = await problemOf(replace(after, validate));
      if (problem === undefined) return true;
      refusal = new CommandError('Failed.', problem);
    } else {
      before = now;
      refusal = new CommandError('The XML configuration was changed by another user.');
    }
    const answer = await askAboutRefusal(context, refusal, validate);
    if (answer === 'y') after = await open();
    else if (answer === 'i') validate = false;
  }
  return false;
}

/** What a step failed with, if it did. An interrupt is no refusal and goes on its way. */
async function problemOf(step: Promise<void>): Promise<unknown> {
  try {
    await step;
    return undefined;
  } catch (error) {
    if (error instanceof InterruptedError) throw error;
    return error;
  }
}

/**
 * What to do about a document that was refused.
 * @throws the refusal, where nobody can be asked; SilentFailure the user gives up.
 */
async function askAboutRefusal(
  context: Context,
  refusal: CommandError,
  validating: boolean,
): Promise<'y' | 'i' | 'f'> {
  const { stdin, stdout } = context.output.streams;
  if (!stdin.isTTY || !stdout.isTTY || context.json) throw refusal;
  if (refusal.cause !== undefined) for (const line of errorLines(refusal.cause)) context.output.error(line);
  const choices = validating ? [again, discard, relax, force] : [again, discard, force];
  const answer = await askChoice(context, `${refusal.message} Try again?`, choices);
  if (context.signal.aborted) throw new InterruptedError('interrupted');
  if (answer === undefined || answer === 'n') throw new SilentFailure();
  return answer;
}
