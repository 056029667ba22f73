/** Bytes are not what the format says they must be. */
export class FormatError extends Error {
  override readonly name = 'FormatError';

  constructor(
    readonly problem: 'empty' | 'not-an-archive' | 'newer-version' | 'truncated' | 'damaged',
    message: string,
  ) {
    super(message);
  }
}

/** @throws FormatError `damaged` */
export function mustHold(condition: boolean, message: string): asserts condition {
  if (!condition) throw new FormatError('damaged', message);
}
