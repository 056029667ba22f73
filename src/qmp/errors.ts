/** Everything that can go wrong between us and a QMP monitor. */
export class QmpError extends Error {
  override readonly name: string = 'QmpError';

  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
  }
}

/**
 * Why a monitor could not be reached: nothing at the path; nobody listening any more; permission; connected, but no
 * greeting came (QEMU serves one client at a time, the next one waits unheard); closed before the greeting; other.
 */
export type ConnectFailure = 'missing' | 'refused' | 'denied' | 'busy' | 'closed' | 'other';

/** The connection was not established. */
export class ConnectError extends QmpError {
  override readonly name = 'ConnectError';

  constructor(
    message: string,
    readonly path: string,
    readonly reason: ConnectFailure,
    cause?: unknown,
  ) {
    super(message, cause);
  }
}

/** The other side said something that is not QMP. The connection is closed at once: nothing after it can be trusted. */
export class ProtocolError extends QmpError {
  override readonly name = 'ProtocolError';
}

/** QEMU refused or failed a command. */
export class CommandFailure extends QmpError {
  override readonly name = 'CommandFailure';

  constructor(
    /** The command that failed. */
    readonly command: string,
    /** QapiErrorClass: GenericError, CommandNotFound, DeviceNotActive, DeviceNotFound, KVMMissingCap. */
    readonly errorClass: string,
    /** QEMU's own words. */
    readonly description: string,
  ) {
    super(`${command}: ${description}`);
  }
}

/** The connection ended, or there was none; whether QEMU ran the command is unknown unless it was never sent. */
export class DisconnectedError extends QmpError {
  override readonly name = 'DisconnectedError';

  constructor(
    message: string,
    /** The command without an answer, where there was one. */
    readonly command?: string,
    cause?: unknown,
  ) {
    super(message, cause);
  }
}

/**
 * No answer or event in time. QMP cannot take a command back: one that timed out may still run, and its answer, when
 * it comes, is dropped.
 */
export class TimeoutError extends QmpError {
  override readonly name = 'TimeoutError';

  constructor(
    message: string,
    readonly milliseconds: number,
    readonly command?: string,
  ) {
    super(message);
  }
}

/** A listener's owner did not read, and more events came than a listener keeps. Those kept are still delivered first. */
export class ListenerOverflow extends QmpError {
  override readonly name = 'ListenerOverflow';
}

/** A background job ended with an error, was cancelled by somebody else, or cannot be started under its id. */
export class JobFailure extends QmpError {
  override readonly name = 'JobFailure';

  constructor(
    readonly jobId: string,
    /** QEMU's words, from query-jobs. */
    readonly description: string,
    cause?: unknown,
  ) {
    super(`job ${jobId}: ${description}`, cause);
  }
}

/** A domain has no block device of that name. */
export class BlockDeviceNotFound extends QmpError {
  override readonly name = 'BlockDeviceNotFound';

  constructor(readonly device: string) {
    super(`block device ${device} not found`);
  }
}
