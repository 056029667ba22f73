import { type Arguments, CommandError } from '../../src/shell/index.js';

/** The number of an IOThread. @throws CommandError it is none. */
export function ioThreadId(args: Pick<Arguments, 'int'>): number {
  const id = args.int('id' as never) ?? 0;
  if (id <= 0) throw new CommandError(`Invalid IOThread id value: '${id}'`);
  return id;
}
