import { CommandError, parseWhole } from '../../src/shell/index.js';

const INT_MAX = 2n ** 31n - 1n;

/**
 * The open descriptors of this process that `--pass-fds 3,5` names.
 * @throws CommandError one of them is no number.
 */
export function passedDescriptors(list: string | undefined): number[] {
  if (!list) return [];
  return list.split(',').map((word) => {
    const descriptor = parseWhole(word);
    if (descriptor === undefined || descriptor > INT_MAX || descriptor < -INT_MAX - 1n) {
      throw new CommandError(`Unable to parse FD number '${word}'`);
    }
    return Number(descriptor);
  });
}
