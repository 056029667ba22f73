/** Everything that can go wrong between us and a guest agent. */
export class AgentError extends Error {
  override readonly name: string = 'AgentError';

  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
  }
}

/** The agent's socket could not be reached, or went away. What was asked may or may not be done by the guest. */
export class AgentUnreachable extends AgentError {
  override readonly name = 'AgentUnreachable';
}

/** No answer in time: no agent runs in the guest, it hangs, or another client has its socket. */
export class AgentTimeout extends AgentError {
  override readonly name: string = 'AgentTimeout';

  constructor(
    message: string,
    readonly milliseconds: number,
  ) {
    super(message);
  }
}

/** The agent refused or failed a command. */
export class AgentCommandFailure extends AgentError {
  override readonly name = 'AgentCommandFailure';

  constructor(
    readonly command: string,
    /** QapiErrorClass, for example GenericError, or CommandNotFound for what is unknown or not allowed now. */
    readonly errorClass: string,
    /** The agent's own words: text from inside the guest, not fit for a terminal as it is. */
    readonly description: string,
  ) {
    super(`${command}: ${description}`);
  }
}

/** The agent answered with something that the command does not return. */
export class AgentNonsense extends AgentError {
  override readonly name = 'AgentNonsense';
}

/** The file systems were frozen before, by somebody else. */
export class AlreadyFrozen extends AgentError {
  override readonly name = 'AlreadyFrozen';
}

/**
 * The agent had not confirmed the freeze when the deadline or the abort came. The freeze may still happen, so a thaw
 * was sent right behind it: keep the connection open until `lateFreeze` settles.
 */
export class FreezeUnconfirmed extends AgentError {
  override readonly name = 'FreezeUnconfirmed';

  constructor(
    message: string,
    /** Resolves with how many file systems had to be thawed (0: the freeze failed, or did nothing). */
    readonly lateFreeze: Promise<number>,
    cause: unknown,
  ) {
    super(message, cause);
  }
}
