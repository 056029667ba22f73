import { CommandError, type Context } from '../../src/shell/index.js';

const UUID_LENGTH = 36;

/**
 * Tries ways to find something that the user named, until one succeeds; what the hypervisor said of
 * the last one is told.
 * @throws CommandError `problem`.
 */
export async function findFirst<T>(
  context: Context,
  problem: string,
  attempts: readonly (() => Promise<T>)[],
): Promise<T> {
  let last: unknown;
  for (const attempt of attempts) {
    try {
      return await attempt();
    } catch (error) {
      context.session.noteFailure(error);
      last = error;
    }
  }
  throw new CommandError(problem, last);
}

/** Finds something by UUID, if what was given may be one, or by name. @throws CommandError `problem`. */
export const findNamed = <T>(
  context: Context,
  key: string,
  problem: string,
  by: { readonly uuid?: (key: string) => Promise<T>; readonly name?: (key: string) => Promise<T> },
): Promise<T> =>
  findFirst(context, problem, [
    ...(by.uuid && key.length === UUID_LENGTH ? [() => by.uuid?.(key) as Promise<T>] : []),
    ...(by.name ? [() => by.name?.(key) as Promise<T>] : []),
  ]);
