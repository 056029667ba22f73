import { UnsupportedError } from '../../src/hypervisor/index.js';
import { CommandError, orFail } from '../../src/shell/index.js';

interface Listed<T> {
  /** What is listed, for messages; and what is counted. */
  readonly what: string;
  readonly counted?: string;
  /** 0 if all is listed. */
  readonly flags?: number;
  list(flags: number): Promise<T[]>;
  count(): Promise<number>;
}

/**
 * Lists objects. A hypervisor that can't is asked how many there are, as virsh asks it, and what it answers to that is
 * told.
 * @throws CommandError
 */
export async function listOrCount<T>({
  what,
  counted = what,
  flags = 0,
  list,
  count,
}: Listed<T>): Promise<T[]> {
  try {
    return await list(flags);
  } catch (error) {
    if (error instanceof UnsupportedError) {
      if (flags !== 0) throw new CommandError('Filtering is not supported by this libvirt');
      await orFail(`Failed to count ${counted}`, count());
    }
    throw new CommandError(`Failed to list ${what}`, error);
  }
}
