/**
 * A command failed. `message` is what virsh prints first; the cause, if any, is printed after it on a line of
 * its own, as virsh does with libvirt's error.
 */
export class CommandError extends Error {
  override readonly name = 'CommandError';

  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
  }
}

/** The user interrupted the command; the guest is as it was before. Exit status 130. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';
}

/** Failed, and everything there is to say has been said: only the exit status is left. */
export class SilentFailure extends Error {
  override readonly name = 'SilentFailure';
}

/** The lines that virsh would print for an error, without their `error: `. */
export function errorLines(error: unknown): string[] {
  if (error instanceof SilentFailure) return [];
  if (error instanceof CommandError) {
    return [error.message, ...(error.cause === undefined ? [] : errorLines(error.cause))];
  }
  return [error instanceof Error ? error.message : String(error)];
}

/**
 * Runs a step, adding virsh's line about it in front of what goes wrong.
 * @throws CommandError with the original error as its cause.
 */
export async function orFail<T>(message: string, step: Promise<T>): Promise<T> {
  try {
    return await step;
  } catch (error) {
    if (error instanceof InterruptedError) throw error;
    throw new CommandError(message, error);
  }
}
