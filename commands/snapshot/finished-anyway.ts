import { InterruptedError } from '../../src/shell/index.js';

/** For an interrupt that came when nothing could be stopped any more: the work is done, and the user should know. */
export const finishedAnyway = (): InterruptedError =>
  new InterruptedError('interrupted, but the operation could not be stopped and has finished');
